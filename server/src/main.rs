//! The command `releve-server`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use releve_server::commands::{self, backup, demo, doctor, restore, user, verify};
use releve_server::config::{Config, Log, LogFormat};
use releve_server::db::Fault;
use releve_server::tasks;
use tracing_subscriber::EnvFilter;

/// Relève's server: the desk, the phones' interface and the public pages in one program.
#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// A TOML file of settings; RELEVE__SECTION__NAME in the environment goes over it.
    #[arg(long, short, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Brings the database up to date and serves until it is told to stop.
    Serve,
    /// Brings the database up to date.
    Migrate {
        /// The database was put back from a copy: phones offer again what the copy does not know.
        #[arg(long)]
        restored: bool,
    },
    /// Writes all that the server needs to live again into one sealed file, while it serves.
    Backup {
        /// The file to write; it must not exist yet.
        #[arg(long, required_unless_present = "verify", conflicts_with = "verify")]
        to: Option<PathBuf>,
        /// Restores this file into a database of its own, checks it, and throws that away.
        #[arg(long)]
        verify: Option<PathBuf>,
        /// The recovery key's file, instead of keys.backup_file.
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Puts a backup into an empty database; phones then offer again what it does not know.
    Restore {
        /// The file that `backup` has written.
        #[arg(long)]
        from: PathBuf,
        /// The recovery key's file, instead of keys.backup_file.
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Fills an empty database with a realistic agency.
    Demo(demo::Args),
    /// Desk accounts.
    User {
        #[command(subcommand)]
        command: user::Command,
    },
    /// Looks at settings, database, keys and disk, and says what is wrong.
    Doctor,
    /// Recomputes the proof of an exported month, and names the stamp that does not hold.
    Verify {
        /// The file of GET /api/desk/proof.
        export: PathBuf,
    },
    /// Writes the OpenAPI document.
    Openapi {
        /// Into this file, instead of the terminal.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("releve-server: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<bool, Fault> {
    let config = match &args.command {
        Command::Verify { export } => return verify::verify(export),
        Command::Openapi { out } => return commands::openapi(out.as_deref()).map(|()| true),
        Command::Doctor => return runtime()?.block_on(doctor::doctor(args.config.as_deref())),
        Command::Serve
        | Command::Migrate { .. }
        | Command::Backup { .. }
        | Command::Restore { .. }
        | Command::Demo(_)
        | Command::User { .. } => {
            let read = Config::load(args.config.as_deref());
            read.map_err(|e| Fault::of("starting", e))?
        }
    };
    runtime()?.block_on(async move {
        match args.command {
            Command::Serve => {
                log(&config.log);
                let app = commands::open(config).await?;
                let stop = tasks::stop_signal()?;
                commands::listen(app, stop, |_| ()).await?;
            }
            Command::Migrate { restored } => {
                let ran = commands::migrate(&config, restored).await?;
                println!("{ran} migrations ran; the database is up to date.");
            }
            Command::Backup { to: Some(to), key, .. } => {
                backup::backup(&config, &to, key.as_deref()).await?;
            }
            Command::Backup { to: None, verify: Some(file), key } => {
                return restore::verify(config, &file, key.as_deref()).await;
            }
            Command::Restore { from, key } => {
                restore::restore(&config, &from, key.as_deref()).await?;
            }
            Command::Demo(args) => {
                log(&Log { level: "warn".to_owned(), format: LogFormat::Text });
                demo::demo(config, args).await?;
            }
            Command::User { command } => user::user(config, command).await?,
            // The parser asks for one of the two.
            Command::Backup { to: None, verify: None, .. } => {}
            Command::Doctor | Command::Verify { .. } | Command::Openapi { .. } => {}
        }
        Ok(true)
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|e| Fault::of("starting threads", e))
}

/// The log goes to the standard error; answers of commands to the standard output.
fn log(log: &Log) {
    let filter = EnvFilter::new(&log.level);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        // The list, since the request's id is on the outermost span.
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).init(),
        LogFormat::Text => lines.init(),
    }
}
