//! `user add`: desk accounts, and the organisation of the first one.

use std::io::Read as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use releve_shared::id::{AccountId, OrganisationId};
use releve_shared::refusal::Refusal;
use releve_shared::time::Zone;

use super::open;
use crate::app::App;
use crate::config::Config;
use crate::db::{Answer, Fault, Stop, Tx};
use crate::identity::desk::Role;
use crate::identity::{
    NewAccount, NewOrganisation, add_account, add_organisation, every_organisation, organisation,
    password,
};

/// What can be done with accounts.
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// Opens an account.
    Add(Add),
}

/// The account to open.
#[derive(clap::Args, Debug)]
pub struct Add {
    /// What is typed to sign in, for example an e-mail address.
    #[arg(long)]
    login: String,
    /// The person's name.
    #[arg(long)]
    name: String,
    /// `supervisor` or `admin`.
    #[arg(long, default_value = "admin")]
    role: String,
    /// The organisation's name; it is founded when the server has none of that name.
    #[arg(long)]
    organisation: String,
    /// The zone of an organisation that is founded.
    #[arg(long, default_value = "Europe/Paris")]
    zone: String,
    /// A file with the password on its first line; `-` reads the standard input. Without it, a
    /// password is drawn and told once.
    #[arg(long)]
    password_file: Option<PathBuf>,
}

/// Runs a command on accounts.
///
/// # Errors
/// What is wrong, in words for the administrator.
pub async fn user(config: Config, command: Command) -> Result<(), Fault> {
    let Command::Add(add) = command;
    let role = Role::from_code(&add.role)
        .ok_or_else(|| Fault::new("the role is neither supervisor nor admin"))?;
    let zone = Zone::named(&add.zone).map_err(|e| Fault::of(add.zone.clone(), e))?;
    let app = open(config).await?;
    let (secret, drawn) = match &add.password_file {
        Some(path) => (typed(path)?, false),
        None => (draw(&app), true),
    };
    password::check(&secret).map_err(|_| {
        Fault::new(
            "the password is too weak: at least 12 characters, with small and capital letters, \
             digits and other signs, and none of the well-known ones",
        )
    })?;
    let hash = password::hash(&secret, app.draw())?;
    let login = add.login.clone();
    let founded = add_to(&app, add, role, zone, hash).await.map_err(|stop| match stop {
        Stop::Fault(fault) => fault,
        Stop::Refusal(Refusal::Exists) => Fault::new(format!("the login {login} is taken")),
        Stop::Refusal(refusal) => Fault::new(format!("refused: {refusal}")),
    })?;
    if founded {
        println!("The organisation was founded.");
    }
    println!("{login} may sign in as {}.", role.code());
    if drawn {
        println!("Password, told this once: {secret}");
    }
    Ok(())
}

/// True when the organisation was founded for it.
async fn add_to(app: &App, add: Add, role: Role, zone: Zone, hash: String) -> Answer<bool> {
    let (id, account): (OrganisationId, AccountId) = (app.id(), app.id());
    let new = NewOrganisation {
        id,
        name: add.organisation,
        phone: String::new(),
        zone,
        establishment: app.id(),
        chance: app.draw(),
    };
    let keys = app.keys.clone();
    app.write(move |tx, now| {
        let known = named(tx, &new.name)?;
        let organisation = known.unwrap_or(new.id);
        if known.is_none() {
            add_organisation(tx, &keys, &new, now)?;
        }
        let account = NewAccount {
            id: account,
            organisation,
            login: add.login.clone(),
            name: add.name.clone(),
            role,
            password: hash.clone(),
        };
        add_account(tx, &account, now)?;
        Ok(known.is_none())
    })
    .await
}

fn named(tx: &mut Tx, name: &str) -> Answer<Option<OrganisationId>> {
    for id in every_organisation(tx)? {
        if organisation(tx, id)?.name == name {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn typed(path: &std::path::Path) -> Result<String, Fault> {
    let failed = |e| Fault::of(format!("reading the password from {}", path.display()), e);
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(failed)?;
        text
    } else {
        std::fs::read_to_string(path).map_err(failed)?
    };
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// 144 bits of chance, with the four classes that the rule asks for.
fn draw(app: &App) -> String {
    format!("{}-aA1!", URL_SAFE_NO_PAD.encode(app.draw::<18>()))
}
