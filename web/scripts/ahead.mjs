// What the first page of somebody who is in needs is asked for by the HTML itself, beside the code that would ask for it: on a slow
// line each question costs a round trip. The server leaves these lines out for whoever comes without a session (`src/http/assets.rs`).

/** A line that has this is for those who are in. */
const MARK = 'data-inside';
const LINES = [
  // Everybody's, beside the code that finds out that it needs them.
  '<link rel="modulepreload" href="./ui.js" />',
  '<link rel="modulepreload" href="./rolldown-runtime.js" />',
  // Who is in, and what server this is: as `account.ts` asks.
  '<link rel="preload" as="fetch" href="/api/v1/me" crossorigin />',
  '<link rel="preload" as="fetch" href="/api/v1/server" crossorigin />',
  `<link rel="modulepreload" href="./chat.js" ${MARK} />`,
];

/** @returns {import('vite').Plugin} */
export function ahead() {
  return {
    name: 'ahead',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => html.replace('  </head>', `${LINES.map((line) => `    ${line}\n`).join('')}  </head>`),
    },
  };
}
