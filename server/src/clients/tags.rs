//! Home tags: issued, listed, withdrawn (row O-01).

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use releve_shared::badge::{HomeTag, TagKind, TagState, Token};
use releve_shared::id::{ClientId, HomeTagId, OrganisationId};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{sql, sun};
use crate::audit::note;
use crate::db::{Answer, Fault, Tx};
use crate::identity::By;
use crate::identity::keys::{Keys, ntag_master, tag_signer};
use crate::text::{self, BadField};

/// A tag, as the office knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TagRow {
    /// Its id.
    pub id: HomeTagId,
    /// What it is made of.
    pub kind: TagKind,
    /// Whether it may be used.
    pub state: TagState,
    /// Where it hangs, in words.
    pub label: String,
    /// When it was issued.
    pub issued_at: Moment,
    /// When it was withdrawn.
    pub revoked_at: Option<Moment>,
    /// Why it was withdrawn.
    pub revoke_reason: Option<String>,
    /// When it was last read at the home.
    pub last_used_at: Option<Moment>,
    /// The chip's UID, known from its first verified tap.
    pub uid: Option<String>,
    /// What is written on it.
    pub link: String,
    /// The short code under the QR.
    pub short_code: String,
}

/// What is typed about a new tag.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct TagInput {
    /// What it is made of.
    pub kind: TagKind,
    /// Where it will hang, in words; it may be empty.
    #[serde(default)]
    pub label: String,
}

impl TagInput {
    /// Checks what was typed.
    ///
    /// # Errors
    /// The first field that cannot be taken.
    pub fn check(&self) -> Result<Self, BadField> {
        if matches!(self.kind, TagKind::Unknown(_)) {
            return Err(BadField::invalid("kind"));
        }
        Ok(Self { kind: self.kind.clone(), label: text::line("label", &self.label, text::LINE)? })
    }
}

/// Why a tag is withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct RevokeInput {
    /// In words: lost, stolen, replaced.
    pub reason: String,
}

/// A new tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TagIssued {
    /// Its id.
    pub id: HomeTagId,
    /// What to write on it.
    pub link: String,
    /// The link as a QR picture (SVG).
    pub qr_svg: String,
    /// For an NTAG 424 DNA: how to encode it. Shown once, on issue.
    pub ntag424: Option<Encoding>,
}

/// How to encode an NTAG 424 DNA. The keys are shown once and kept nowhere: they are derived again
/// when a tap is verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Encoding {
    /// The NDEF link; the zeros are where the chip mirrors PICCData and SDMMAC.
    pub url_template: String,
    /// The same for a chip that was set to LRP mode: its PICCData is longer.
    pub lrp_url_template: String,
    /// Key 0, which protects the chip's settings (hexadecimal).
    pub master_key: String,
    /// Key 1: SDMMetaReadKey (hexadecimal).
    pub meta_read_key: String,
    /// Key 2: SDMFileReadKey (hexadecimal).
    pub file_read_key: String,
}

/// The code printed under a QR, to tell two sheets apart on the telephone: the end of the tag's id.
#[must_use]
pub fn short_code(id: HomeTagId) -> String {
    let hex = id.uuid().simple().to_string().to_uppercase();
    let tail: Vec<char> = hex.chars().skip(24).collect();
    tail.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// A QR code as an inline SVG, black on white: it prints at any size.
///
/// # Errors
/// When the text is too long for a QR code, which a link is not.
pub fn qr_svg(text: &str) -> Result<String, Fault> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|e| Fault::of("drawing a QR code", e.to_string()))?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    // The XML declaration has no place inside HTML.
    Ok(svg.split_once("?>").map_or(svg.clone(), |(_, rest)| rest.trim_start().to_owned()))
}

/// A tag's link, signed by the organisation's newest key.
pub(super) fn link(
    tx: &mut Tx,
    keys: &Keys,
    org: OrganisationId,
    tag: HomeTagId,
    base: &str,
) -> Answer<String> {
    let (number, signer) = tag_signer(tx, keys, org)?;
    Ok(Token::issue(org, tag, number, &signer).link(base))
}

/// A client's tags, the newest first.
///
/// # Errors
/// [`Refusal::NotFound`] for a client of nobody or of another organisation.
pub fn list(
    tx: &mut Tx,
    by: &By,
    keys: &Keys,
    base: &str,
    client: ClientId,
) -> Answer<Vec<TagRow>> {
    sql::one(tx, by.organisation, client)?.ok_or(Refusal::NotFound)?;
    let (number, signer) = tag_signer(tx, keys, by.organisation)?;
    let tags = sql::tags(tx, by.organisation, client)?;
    let row = |tag: sql::Tag| TagRow {
        id: tag.id,
        kind: tag.kind,
        state: tag.state,
        label: tag.label,
        issued_at: tag.issued_at,
        revoked_at: tag.revoked_at,
        revoke_reason: tag.revoke_reason,
        last_used_at: tag.last_used_at,
        uid: tag.uid,
        link: Token::issue(by.organisation, tag.id, number, &signer).link(base),
        short_code: short_code(tag.id),
    };
    Ok(tags.into_iter().map(row).collect())
}

/// Issues a tag for a client's home.
///
/// # Errors
/// [`Refusal::NotFound`] for a client of nobody or of another organisation.
pub fn issue(
    tx: &mut Tx,
    by: &By,
    (keys, base): (&Keys, &str),
    client: ClientId,
    new: &TagInput,
    id: HomeTagId,
    now: Moment,
) -> Answer<TagIssued> {
    sql::one(tx, by.organisation, client)?.ok_or(Refusal::NotFound)?;
    let (number, signer) = tag_signer(tx, keys, by.organisation)?;
    let tag = HomeTag { id, client, kind: new.kind.clone(), state: TagState::Active };
    sql::add_tag(tx, by.organisation, &tag, &new.label, number, now)?;
    tx.changed(&Scope::client(client), &RowKind::HomeTag, id);
    note(tx, by, "tag.issue", id, new.kind.code(), now)?;
    let link = Token::issue(by.organisation, id, number, &signer).link(base);
    let ntag424 = if new.kind == TagKind::Ntag424 {
        let keys = sun::keys_of(&ntag_master(tx, keys, by.organisation)?, id);
        Some(Encoding {
            url_template: template(&link, 32),
            lrp_url_template: template(&link, 48),
            master_key: sun::hex(&keys.master),
            meta_read_key: sun::hex(&keys.meta),
            file_read_key: sun::hex(&keys.file),
        })
    } else {
        None
    };
    Ok(TagIssued { id, qr_svg: qr_svg(&link)?, link, ntag424 })
}

/// The link with room for the digits that the chip mirrors.
fn template(link: &str, picc_digits: usize) -> String {
    format!("{link}?picc={}&cmac={}", "0".repeat(picc_digits), "0".repeat(16))
}

/// Withdraws a tag: phones refuse it from their next sync, and stamps made with it are flagged.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown tag; [`Refusal::TagRevoked`] when it was withdrawn already.
pub fn revoke(tx: &mut Tx, by: &By, id: HomeTagId, reason: &str, now: Moment) -> Answer<()> {
    sql::tag(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    let client = sql::revoke(tx, by.organisation, id, reason, now)?.ok_or(Refusal::TagRevoked)?;
    tx.changed(&Scope::client(client), &RowKind::HomeTag, id);
    note(tx, by, "tag.revoke", id, "", now)?;
    Ok(())
}
