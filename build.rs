//! Puts the web client into the binary: `web/dist` is committed, so building needs no Node.
//!
//! Writes `web.rs` into `OUT_DIR`: `BUILD_ID` (the first 12 hexadecimal digits of a hash over all files) and `FILES` (path,
//! media type, hash, bytes, and the bytes in brotli where that is shorter). Warns when `web/dist` was built from other sources.
//! Without `web/dist` the table is empty, and the server says so on its page.

use sha2::{Digest, Sha256};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What `web/dist` is built from, below `web`. `web/scripts/stamp.mjs` hashes the same.
const SOURCES: [&str; 10] = [
    "embed.html",
    "index.html",
    "package-lock.json",
    "package.json",
    "public",
    "scripts",
    "src",
    "tsconfig.json",
    "vite.config.ts",
    "vite.embed.config.ts",
];
/// Where the build writes the hash of its sources.
const STAMP: &str = "BUILD.json";

fn main() -> Result<(), Box<dyn Error>> {
    let web = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("web");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=web/dist");
    for source in SOURCES {
        println!("cargo:rerun-if-changed=web/{source}");
    }
    let files = below(&web.join("dist"))?;
    fs::write(out.join("web.rs"), table(&files, &out)?)?;
    let stamp = fs::read_to_string(web.join("dist").join(STAMP)).unwrap_or_default();
    if !files.is_empty() && !stamp.contains(&listed(&sources(&web)?)) {
        println!(
            "cargo:warning=web/dist is older than web/src; run: npm --prefix web ci && npm --prefix web run build"
        );
    }
    Ok(())
}

/// A file: its path below the folder, with `/`, and where it is.
type Found = (String, PathBuf);

/// All files below a folder, by path; none when it is not there.
fn below(folder: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), folder.to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push((name + "/", entry.path()));
            } else {
                found.push((name, entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn sources(web: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for source in SOURCES {
        let path = web.join(source);
        if path.is_dir() {
            found.extend(below(&path)?.into_iter().map(|(name, path)| (format!("{source}/{name}"), path)));
        } else if path.exists() {
            found.push((source.to_owned(), path));
        }
    }
    found.sort();
    Ok(found)
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The hash over a list of files: of lines as `sha256sum` prints them.
fn listed(files: &[Found]) -> String {
    let line = |(name, path): &Found| format!("{}  {name}\n", hex(&fs::read(path).unwrap_or_default()));
    hex(files.iter().map(line).collect::<Vec<_>>().concat().as_bytes())
}

fn table(files: &[Found], out: &Path) -> Result<String, Box<dyn Error>> {
    let mut code = format!("const BUILD_ID: &str = \"{}\";\nstatic FILES: &[File] = &[\n", &listed(files)[..12]);
    for (number, (name, path)) in files.iter().enumerate() {
        let raw = fs::read(path)?;
        let squeezed = out.join(format!("{number}.br"));
        let brotli = if is_squeezed(&raw, media_type(name), &squeezed)? {
            format!("Some(include_bytes!({:?}))", text(&squeezed)?)
        } else {
            "None".to_owned()
        };
        let path = text(path)?;
        let (kind, hash) = (media_type(name), &hex(&raw)[..32]);
        writeln!(
            code,
            "    File {{ path: {name:?}, kind: {kind:?}, hash: {hash:?}, raw: include_bytes!({path:?}), brotli: {brotli} }},"
        )?;
    }
    Ok(code + "];\n")
}

fn text(path: &Path) -> Result<&str, &'static str> {
    path.to_str().ok_or("the path of the sources must be UTF-8")
}

/// Writes the file in brotli when it is text and becomes shorter.
fn is_squeezed(raw: &[u8], kind: &str, to: &Path) -> io::Result<bool> {
    if !(kind.starts_with("text/") || kind.contains("json") || kind.contains("svg")) {
        return Ok(false);
    }
    let mut squeezed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*raw, &mut squeezed, &parameters)?;
    let shorter = squeezed.len() < raw.len();
    if shorter {
        fs::write(to, squeezed)?;
    }
    Ok(shorter)
}

include!("src/http/media_type.rs");
