//! A phone in a browser: `phone --folder F [--ui U] [--port N] [--controls]`.

use std::path::PathBuf;
use std::process::ExitCode;

use releve_tests::bridge::{Options, serve};

const USAGE: &str = "\
phone --folder FOLDER [--ui FOLDER] [--port PORT] [--controls]

Serves a phone on this machine only: the real core, its files in FOLDER/phone and its keys in FOLDER/vault.
  --ui FOLDER   the worker UI, built (app/ui/dist)
  --port PORT   0, the default, takes any free port; the address is printed
  --controls    also serves POST /test/{offline,online,clock,restart,tag,hands}, for tests";

fn main() -> ExitCode {
    let options = match read(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("phone: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(serve(options, |address| println!("phone: {address}"))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("phone: {why}");
            ExitCode::FAILURE
        }
    }
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let (mut folder, mut ui, mut port, mut controls) =
        (None, PathBuf::from("app/ui/dist"), 0, false);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
        match argument.as_str() {
            "--folder" => folder = Some(PathBuf::from(value()?)),
            "--ui" => ui = PathBuf::from(value()?),
            "--port" => port = value()?.parse().map_err(|_| "--port wants a number".to_owned())?,
            "--controls" => controls = true,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("{other} is not known here")),
        }
    }
    let folder = folder.ok_or("--folder is missing")?;
    Ok(Some(Options { folder, ui, port, controls }))
}
