//! What mails say, in French and in English. Pure.

use super::Kind;
use crate::config::MailLanguage;

/// A mail ready to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub subject: String,
    pub text: String,
}

/// The mail of a kind that has no words of its own: the first line of its file is the subject. `None`
/// for alarms, whose words are their room's.
pub fn mail(
    kind: Kind,
    language: MailLanguage,
    organisation: &str,
    base: &str,
    about: &str,
) -> Option<Mail> {
    let (file, place) = match (kind, language) {
        (Kind::Message, MailLanguage::Fr) => (include_str!("message.fr.txt"), "messages"),
        (Kind::Message, MailLanguage::En) => (include_str!("message.en.txt"), "messages"),
        (Kind::Callback, MailLanguage::Fr) => (include_str!("callback.fr.txt"), "requests"),
        (Kind::Callback, MailLanguage::En) => (include_str!("callback.en.txt"), "requests"),
        (Kind::Request, MailLanguage::Fr) => (include_str!("request.fr.txt"), "requests"),
        (Kind::Request, MailLanguage::En) => (include_str!("request.en.txt"), "requests"),
        (Kind::Test, MailLanguage::Fr) => (include_str!("test.fr.txt"), "notices"),
        (Kind::Test, MailLanguage::En) => (include_str!("test.en.txt"), "notices"),
        (
            Kind::AlarmRaised
            | Kind::AlarmTier
            | Kind::AlarmTaken
            | Kind::AlarmOpen
            | Kind::AlarmClosed,
            _,
        ) => return None,
    };
    let (subject, text) = file.split_once('\n').unwrap_or((file, ""));
    let link = format!("{base}/#/{place}/{about}");
    // A name is one line: nobody adds a header or a paragraph by it.
    let name: String = organisation.chars().filter(|c| !c.is_control()).collect();
    let fill = |part: &str| part.replace("{link}", &link).replace("{organisation}", &name);
    Some(Mail { subject: fill(subject), text: fill(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O-23: a mail says where to look, and nothing else.
    #[test]
    fn a_mail_says_where_to_look_in_both_languages() {
        let asks = [Kind::Callback, Kind::Request].map(|kind| (kind, "requests"));
        let others = [(Kind::Message, "messages"), (Kind::Test, "notices")];
        for (kind, place) in others.into_iter().chain(asks) {
            for language in [MailLanguage::Fr, MailLanguage::En] {
                let mail =
                    mail(kind, language, "Les\r\nTilleuls", "https://r.example", "t1").unwrap();
                assert!(mail.subject.starts_with("LesTilleuls"), "{}", mail.subject);
                let link = format!("https://r.example/#/{place}/t1");
                assert!(mail.text.contains(&link), "{}", mail.text);
                assert!(!mail.subject.contains('{') && !mail.text.contains('{'), "{}", mail.text);
            }
        }
    }
}
