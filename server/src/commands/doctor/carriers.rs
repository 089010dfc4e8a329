//! Whether the ways out answer: the mail server and the carriers of the settings. Nothing is sent.

use std::net::ToSocketAddrs as _;
use std::time::Duration;

use axum::http::Uri;
use releve_shared::time::Moment;

use super::Found;
use crate::config::{Carrier, Config};
use crate::notices::{self, MailTried};

/// How long a carrier may take to be reached.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A line for each way out.
pub async fn ways(config: &Config, now: Moment) -> Vec<Found> {
    let mut found = vec![mail(config).await];
    for (name, carrier) in [("sms", &config.sms), ("calls", &config.calls)] {
        found.push(carried(name, carrier.clone()).await);
    }
    found.push(google(config, now).await);
    found.push(apple(config));
    found
}

async fn google(config: &Config, now: Moment) -> Found {
    let settings = config.push.fcm.clone();
    let tried = tokio::task::spawn_blocking(move || notices::try_google(&settings, now)).await;
    match tried {
        Ok(None) => {
            Found::Note("Google's push service is not set (push.fcm.account_file).".to_owned())
        }
        Ok(Some(Ok(project))) => Found::Good(format!(
            "Google's push service gives an access for the project {project}. Nothing was sent."
        )),
        Ok(Some(Err(why))) => {
            Found::Bad(format!("Google's push service cannot be used (push.fcm): {why}."))
        }
        Err(_) => Found::Bad("Google's push service could not be tried.".to_owned()),
    }
}

fn apple(config: &Config) -> Found {
    match notices::try_apple(&config.push.apns) {
        None => Found::Note("Apple's push service is not set (push.apns.key_file).".to_owned()),
        Some(Ok(())) => Found::Good(
            "The key of Apple's push service is there. Whether Apple takes it shows with the first push."
                .to_owned(),
        ),
        Some(Err(why)) => {
            Found::Bad(format!("Apple's push service cannot be used (push.apns): {why}."))
        }
    }
}

async fn mail(config: &Config) -> Found {
    let mail = &config.mail;
    let place = format!("{}:{}", mail.host, mail.port);
    match notices::try_mail(mail).await {
        MailTried::Off => {
            Found::Note("No mail server is set (mail.host): no mail leaves.".to_owned())
        }
        MailTried::Answers if mail.user.is_empty() => {
            Found::Good(format!("The mail server {place} answers. Nothing was sent."))
        }
        MailTried::Answers => {
            let user = &mail.user;
            Found::Good(format!("The mail server {place} lets {user} in. Nothing was sent."))
        }
        MailTried::Settings(why) => {
            Found::Bad(format!("The settings of the mail server cannot be used: {why}."))
        }
        MailTried::Refuses(why) => Found::Bad(format!(
            "The mail server {place} does not let us in: {why}. See mail.user, mail.password_file and \
             mail.security."
        )),
        MailTried::Away(why) => Found::Bad(format!(
            "The mail server {place} cannot be spoken to: {why}. See mail.host, mail.port and \
             mail.security."
        )),
    }
}

async fn carried(name: &'static str, carrier: Carrier) -> Found {
    if carrier.url.is_empty() {
        return Found::Note(format!("No carrier is set ({name}.url): none of these leave."));
    }
    if let Err(error) = carrier.secret() {
        return Found::Bad(format!("{error}."));
    }
    let tried = tokio::task::spawn_blocking(move || reached(&carrier.url)).await;
    match tried {
        Ok(Ok(place)) => Found::Good(format!(
            "The carrier of {name}.url, {place}, can be reached. Nothing was sent: whether it takes our \
             secret shows with the first message."
        )),
        Ok(Err(why)) => Found::Bad(format!("The carrier of {name}.url cannot be reached: {why}.")),
        Err(_) => Found::Bad(format!("The carrier of {name}.url could not be tried.")),
    }
}

/// Opens a connection to a carrier's host and closes it again; gives the host. The rest of its address
/// has places to fill, and is asked for nothing.
fn reached(url: &str) -> Result<String, String> {
    let (scheme, rest) = url.split_once("://").ok_or("it is no address")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let uri: Uri = format!("{scheme}://{authority}/").parse().map_err(|_| "it is no address")?;
    let host = uri.host().ok_or("it names no host")?;
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    let place = format!("{host}:{port}");
    let bare = host.trim_matches(['[', ']']);
    let mut last = "the name leads nowhere".to_owned();
    for address in (bare, port).to_socket_addrs().map_err(|error| error.to_string())? {
        match std::net::TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(_) => return Ok(place),
            Err(error) => last = error.to_string(),
        }
    }
    Err(format!("{place}: {last}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;

    /// A mail server that takes one sign-in; gives its port and what it was told.
    fn mail_server(password: &'static str) -> (u16, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let talks = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut out = stream.try_clone().unwrap();
            out.write_all(b"220 here\r\n").unwrap();
            let mut told = Vec::new();
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let answer = match line.split(' ').next().unwrap_or_default() {
                    "EHLO" => "250-here\r\n250 AUTH PLAIN\r\n",
                    "AUTH" if line.contains(password) => "235 come in\r\n",
                    "AUTH" => "535 who are you\r\n",
                    "QUIT" => "221 bye\r\n",
                    _ => "250 well\r\n",
                };
                told.push(line);
                if out.write_all(answer.as_bytes()).is_err() || answer.starts_with("221") {
                    break;
                }
            }
            told
        });
        (port, talks)
    }

    const NOW: Moment = Moment(1_800_000_000_000);

    fn settings(port: u16, password: &std::path::Path) -> Config {
        let mut config = Config::default();
        config.mail.host = "127.0.0.1".to_owned();
        config.mail.port = port;
        config.mail.security = crate::config::MailSecurity::None;
        config.mail.user = "releve".to_owned();
        config.mail.password_file = Some(password.to_owned());
        config
    }

    fn told(found: &Found) -> (&'static str, &str) {
        match found {
            Found::Good(words) => ("good", words),
            Found::Note(words) => ("note", words),
            Found::Bad(words) => ("bad", words),
        }
    }

    #[tokio::test]
    async fn the_mail_server_is_signed_in_to_and_sends_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "Quatre-Canards\n").unwrap();
        // AUTH PLAIN of releve and Quatre-Canards.
        let (port, talks) = mail_server("AHJlbGV2ZQBRdWF0cmUtQ2FuYXJkcw==");
        let found = mail(&settings(port, file.path())).await;
        assert_eq!(told(&found).0, "good", "{found:?}");
        assert!(told(&found).1.contains("lets releve in"), "{found:?}");
        let said = talks.join().unwrap();
        assert!(said.iter().any(|line| line.starts_with("NOOP")), "{said:?}");
        assert!(!said.iter().any(|line| line.starts_with("MAIL") || line == "DATA"), "{said:?}");

        let (port, talks) = mail_server("another");
        let found = mail(&settings(port, file.path())).await;
        assert_eq!(told(&found).0, "bad", "{found:?}");
        assert!(told(&found).1.contains("does not let us in"), "{found:?}");
        drop(talks);
    }

    #[tokio::test]
    async fn what_is_not_set_is_a_note_and_what_is_away_is_told() {
        let found = ways(&Config::default(), NOW).await;
        assert!(found.iter().all(|found| told(found).0 == "note"), "{found:?}");
        // A port that nobody listens on: taken, and let go.
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut config = settings(free, file.path());
        config.sms.url = format!("http://127.0.0.1:{free}/send?to={{to}}");
        config.calls.url = "nowhere".to_owned();
        // A mail's password is neither an account of Google's nor a key of Apple's.
        config.push.fcm.account_file = Some(file.path().to_owned());
        config.push.apns.key_file = Some(file.path().to_owned());
        let found = ways(&config, NOW).await;
        assert!(found.iter().all(|found| told(found).0 == "bad"), "{found:?}");
        assert!(told(&found[0]).1.contains("cannot be spoken to"), "{found:?}");
        assert!(told(&found[1]).1.contains("cannot be reached"), "{found:?}");

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        config.sms.url = format!("http://{}/send?to={{to}}", listener.local_addr().unwrap());
        assert_eq!(told(&carried("sms", config.sms.clone()).await).0, "good");
    }
}
