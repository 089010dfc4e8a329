//! `demo`: an agency to try the product with.

use std::path::PathBuf;

use super::{listen, open};
use crate::config::Config;
use crate::db::{Fault, Stop};
use crate::{demo, tasks};

/// What `demo` may be told.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder of its database and keys; the settings' own when not given.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// The same seed gives the same people and visits.
    #[arg(long, default_value = "albi")]
    seed: String,
    /// Tells what was made as JSON.
    #[arg(long)]
    json: bool,
    /// Goes on serving it.
    #[arg(long)]
    serve: bool,
}

/// Fills an empty database and tells how to sign in.
///
/// # Errors
/// What is wrong, in words for the administrator.
pub async fn demo(mut config: Config, args: Args) -> Result<(), Fault> {
    if let Some(dir) = &args.dir {
        config.db.url = format!("sqlite:{}", dir.join("releve.db").display());
        config.db.password_file = None;
        config.keys.master_file = dir.join("master.key");
    }
    let app = open(config).await?;
    let filled = demo::run(&app, &args.seed).await.map_err(|stop| match stop {
        Stop::Fault(fault) => fault,
        Stop::Refusal(refusal) => Fault::new(format!("the demonstration was refused: {refusal}")),
    })?;
    if args.json {
        let text = serde_json::to_string(&filled);
        println!("{}", text.map_err(|e| Fault::of("telling of the demonstration", e))?);
    } else {
        print!("{filled}");
    }
    if args.serve {
        let stop = tasks::stop_signal()?;
        listen(app, stop, |address| eprintln!("serving on http://{address}; Ctrl-C stops it"))
            .await?;
    }
    Ok(())
}
