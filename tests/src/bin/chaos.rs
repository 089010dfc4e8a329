//! The chaos proxy by hand: `chaos SERVER_ADDRESS`, then a weather a line on the standard input.

use std::process::ExitCode;

use releve_tests::chaos::{Chaos, Line};

const USAGE: &str = "\
chaos ADDRESS:PORT

Prints the address of a proxy before a server of this machine. Each line of the standard input changes the weather:
  clear | late MS | slow BYTES_A_SECOND | dropped | cut-asking BYTES | cut-answering BYTES | portal STATUS | lossy PERCENT";

fn main() -> ExitCode {
    let server = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let Some(server) = server else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let chaos = Chaos::before(server, 1);
    println!("chaos: http://{}", chaos.address);
    for line in std::io::stdin().lines().map_while(Result::ok) {
        match read(&line) {
            Some(line) => chaos.turns(line),
            None => eprintln!("{USAGE}"),
        }
    }
    ExitCode::SUCCESS
}

fn read(line: &str) -> Option<Line> {
    let (word, number) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    Some(match word {
        "clear" => Line::Clear,
        "dropped" => Line::Dropped,
        "late" => Line::Late(number.parse().ok()?),
        "slow" => Line::Slow(number.parse().ok()?),
        "cut-asking" => Line::CutAsking(number.parse().ok()?),
        "cut-answering" => Line::CutAnswering(number.parse().ok()?),
        "portal" => Line::Portal(number.parse().ok()?),
        "lossy" => Line::Lossy(number.parse().ok()?),
        _ => return None,
    })
}
