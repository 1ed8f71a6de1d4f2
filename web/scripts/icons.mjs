// Draws the icons that must be PNG from favicon.svg, with Chromium: `node scripts/icons.mjs`. The results are committed; run it when the
// mark changes.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const PUBLIC = fileURLToPath(new URL('../public/', import.meta.url));
const mark = readFileSync(`${PUBLIC}favicon.svg`, 'utf8');
/** A maskable icon may be cut to any shape: the ground goes to the edge and the mark stays in the middle 80 per cent. */
const maskable = mark.replace('viewBox="0 0 32 32"', 'viewBox="-5 -5 42 42"').replace(/<rect[^>]*>/, '<rect x="-5" y="-5" width="42" height="42" fill="#0b716c"/>');
const ICONS = [['icon-192.png', mark, 192], ['icon-512.png', mark, 512], ['icon-maskable-512.png', maskable, 512], ['apple-touch-icon.png', maskable, 180]];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
for (const [name, svg, size] of ICONS) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>html,body{margin:0;background:none}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
  writeFileSync(PUBLIC + name, await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
