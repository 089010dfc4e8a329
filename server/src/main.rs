//! The command.

fn main() {
    println!("releve-server {}", env!("CARGO_PKG_VERSION"));
}
