//! What the management of a fleet may set (row O-02), as the enrolment uses it. Nothing of it is
//! believed: the link is checked as any other, and the server proves itself by its key.

use releve_shared::enrolment::EnrolmentLink;
use releve_shared::keys::PublicKey;

use crate::door::{DeviceView, ManagedView};
use crate::ports::{Biometry, Capable, Managed};

impl Managed {
    /// The link of an enrolment: the one that was set, or address and key with a code, typed or set.
    pub(crate) fn link(&self, typed: &str) -> Option<String> {
        let typed = typed.trim();
        if typed.is_empty()
            && let Ok(link) = EnrolmentLink::parse(&self.enrolment_link)
        {
            return Some(link.text());
        }
        let (server, key) = self.server()?;
        let code = if typed.is_empty() { self.enrolment_code.trim() } else { typed };
        let link = EnrolmentLink { server, code: code.to_owned(), key };
        // Read again: a code that no link can hold is none.
        EnrolmentLink::parse(&link.text()).ok().map(|link| link.text())
    }

    fn server(&self) -> Option<(String, PublicKey)> {
        let key = PublicKey::parse(self.server_key.trim()).ok()?;
        let server = self.server_url.trim().trim_end_matches('/');
        server.starts_with("https://").then(|| (server.to_owned(), key))
    }

    /// As screens show it.
    pub(crate) fn view(&self) -> ManagedView {
        let link = self.link("").and_then(|text| EnrolmentLink::parse(&text).ok());
        let ready = link.is_some();
        let server = link.map(|link| link.server).or_else(|| Some(self.server()?.0));
        ManagedView {
            ready,
            wants_code: !ready && server.is_some(),
            server: server.unwrap_or_default(),
            phone_name: self.phone_name.trim().chars().take(80).collect(),
            kiosk: self.kiosk,
        }
    }
}

/// Of a device that nothing is known of.
pub(crate) fn unknown(platform: &str) -> DeviceView {
    DeviceView {
        platform: platform.to_owned(),
        nfc: Capable::Unknown,
        notices: Capable::Unknown,
        call: Capable::Unknown,
        text: Capable::Unknown,
        place: Capable::Unknown,
        biometry: Biometry::None,
        managed: ManagedView::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use releve_shared::keys::Signer;

    fn set() -> Managed {
        Managed {
            server_url: "https://releve.example/".to_owned(),
            server_key: Signer::from_seed(&[7; 32]).public().to_string(),
            ..Managed::default()
        }
    }

    /// O-02: what a fleet sets enrols a phone, with a code that is set or typed; what is wrong is as if
    /// nothing was set.
    #[test]
    fn an_enrolment_is_filled_in_from_what_a_fleet_has_set() {
        let view = set().view();
        assert_eq!((view.ready, view.wants_code), (false, true));
        assert_eq!(view.server, "https://releve.example");
        let link = set().link(" 7777-7777-7777-7777 ").unwrap();
        assert_eq!(EnrolmentLink::parse(&link).unwrap().code, "7777-7777-7777-7777");

        let whole = Managed { enrolment_code: "ABCD-EFGH".into(), ..set() };
        assert!(whole.view().ready);
        assert_eq!(EnrolmentLink::parse(&whole.link("").unwrap()).unwrap().code, "ABCD-EFGH");
        let by_link = Managed { enrolment_link: whole.link("").unwrap(), ..Managed::default() };
        assert_eq!(by_link.link(""), whole.link(""));
        assert!(by_link.view().ready && !by_link.view().wants_code);

        for wrong in [
            Managed::default(),
            Managed { server_url: "http://releve.example".into(), ..set() },
            Managed { server_url: "releve.example".into(), ..set() },
            Managed { server_key: "no key".into(), ..set() },
            Managed { enrolment_link: "https://releve.example/e#c=1".into(), ..Managed::default() },
        ] {
            assert_eq!(wrong.view(), ManagedView::default(), "{wrong:?}");
            assert_eq!(wrong.link("ABCD"), None, "{wrong:?}");
        }
    }
}
