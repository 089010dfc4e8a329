//! Who answers an alarm in the demonstration; from now on each arrival opens a watch.

use releve_shared::alarm::{AlarmSettings, Contact, Tier};
use releve_shared::time::Moment;

use super::agency::Agency;
use crate::alarms;
use crate::app::App;
use crate::db::Answer;

/// Sets it, after the week was played: phones that do not exist are watched by nobody.
///
/// # Errors
/// Those of the database.
pub async fn play(app: &App, agency: &Agency, call_number: &str, now: Moment) -> Answer<()> {
    let contact = |name: &str, mail: &str, sms: &str| Contact {
        name: name.to_owned(),
        mail: mail.to_owned(),
        sms: sms.to_owned(),
        call: String::new(),
    };
    let tier = |contacts| Tier { contacts };
    let settings = AlarmSettings {
        call_number: call_number.to_owned(),
        mails: vec!["astreinte@relais-albi.test".to_owned()],
        tiers: vec![
            tier(vec![contact("Claire Delmas", "claire@relais-albi.test", "+33639980010")]),
            tier(vec![contact("Astreinte", "", "+33639980001")]),
        ],
        ..AlarmSettings::proposed()
    };
    let by = agency.by.clone();
    app.db.write(move |tx| alarms::set(tx, &by, &settings, "Démonstration", now)).await
}
