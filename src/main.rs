//! The `tidings` binary: hands the command line to [`tidings::cli`] and turns a failure into words and an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    match tidings::cli::run(std::env::args_os()) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("tidings: {}", failure.message);
            ExitCode::from(failure.exit_code)
        }
    }
}
