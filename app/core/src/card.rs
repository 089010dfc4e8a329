//! The professional card on the phone: its picture from the desk, its code from this phone's own key, a
//! new one each minute, network or not (row O-30).

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};
use releve_shared::card::{Card, CardCode, Logo};
use releve_shared::clock::Stamp;
use releve_shared::keys::Signer;
use releve_shared::refusal::Refusal;
use releve_shared::sync::RowKind;

use crate::core::Core;
use crate::door::CardView;
use crate::fault::{Fault, Stop};
use crate::ports::Secret;
use crate::store::care;

impl Core {
    /// The card with the code of this minute.
    pub(crate) fn card(&mut self, now: &Stamp) -> Result<CardView, Stop> {
        let identity = self.identity()?;
        if !self.may_read(now)? {
            return Err(Refusal::LeaseOver.into());
        }
        let at = self.measured(now)?.at;
        let seed = self.ports.vault.get(Secret::DeviceSeed).map_err(Fault::from)?;
        let seed: [u8; 32] = seed
            .and_then(|seed| seed.try_into().ok())
            .ok_or_else(|| Fault::Store("no device key".to_owned()))?;
        let code = CardCode::sign(identity.device, &Signer::from_seed(&seed), at);
        let link = format!("{}/c/{}", identity.server, code.text());
        let (path, side) = drawn(&link)?;
        let organisation = &identity.organisation;
        let Some(db) = &self.store()?.care else { return Err(Refusal::LeaseOver.into()) };
        let mine = care::rows::<Card>(db, &RowKind::Card)?;
        let logos = care::rows::<Logo>(db, &RowKind::Logo)?;
        let card = mine.into_iter().next().ok_or(Refusal::NotFound)?;
        let logo = logos.into_iter().find(|logo| logo.organisation == organisation.id);
        Ok(CardView {
            first_name: card.first_name,
            last_name: card.last_name,
            role: card.role,
            organisation: organisation.name.clone(),
            photo: card.photo,
            logo: logo.map(|logo| logo.picture),
            link,
            path,
            side,
            until: code.until(),
        })
    }
}

/// The dark modules of a code, a line of them at a time.
fn drawn(link: &str) -> Result<(String, u32), Fault> {
    let code = QrCode::with_error_correction_level(link.as_bytes(), EcLevel::L)
        .map_err(|e| Fault::Store(format!("a card's code: {e}")))?;
    let side = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(side).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let dark = run.first() == Some(&Color::Dark);
            if dark && write!(path, "M{x} {y}h{0}v1h-{0}z", run.len()).is_err() {
                return Err(Fault::Store("a card's code".to_owned()));
            }
            x += run.len();
        }
    }
    Ok((path, u32::try_from(side).unwrap_or(0)))
}
