//! Values and rows: two column types only, and a column that does not decode is a fault.

use std::fmt::Display;
use std::str::FromStr;

use releve_shared::id;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{Lane, RowKind, Scope};
use releve_shared::time::Moment;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::Fault;

/// A parameter or a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(String),
}

impl Value {
    /// The text of anything that displays itself: an id, a code, a day.
    #[must_use]
    pub fn text(what: impl Display) -> Self {
        Self::Text(what.to_string())
    }

    /// The JSON of a value, for a TEXT column.
    ///
    /// # Errors
    /// When the value cannot be JSON, which is a bug of its type.
    pub fn json(what: &impl Serialize) -> Result<Self, Fault> {
        serde_json::to_string(what).map(Self::Text).map_err(|e| Fault::of("writing JSON", e))
    }
}

impl<T> From<Option<T>> for Value
where
    Self: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

/// A Rust type that a column can be read as.
pub trait Column: Sized {
    /// The value of a column; `None` when it does not decode.
    fn read(value: &Value) -> Option<Self>;
}

impl<T: Column> Column for Option<T> {
    fn read(value: &Value) -> Option<Self> {
        if *value == Value::Null { Some(None) } else { T::read(value).map(Some) }
    }
}

macro_rules! ints {
    ($($int:ty),+) => {$(
        impl From<$int> for Value {
            fn from(value: $int) -> Self {
                Self::Int(value.into())
            }
        }
        impl Column for $int {
            fn read(value: &Value) -> Option<Self> {
                if let Value::Int(int) = value { (*int).try_into().ok() } else { None }
            }
        }
    )+};
}

ints!(i64, i32, i16, u32, u16, u8);

/// A number above `i64::MAX` becomes `i64::MAX`, which no counter reaches.
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl Column for u64 {
    fn read(value: &Value) -> Option<Self> {
        i64::read(value)?.try_into().ok()
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl Column for bool {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            Value::Int(_) | Value::Null | Value::Text(_) => None,
        }
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl Column for String {
    fn read(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.clone()) } else { None }
    }
}

impl From<Moment> for Value {
    fn from(value: Moment) -> Self {
        Self::Int(value.0)
    }
}

impl Column for Moment {
    fn read(value: &Value) -> Option<Self> {
        i64::read(value).map(Moment)
    }
}

impl From<&Scope> for Value {
    fn from(value: &Scope) -> Self {
        value.as_str().into()
    }
}

impl Column for Scope {
    fn read(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(Self::of(text)) } else { None }
    }
}

macro_rules! ids {
    ($($name:ident),+ $(,)?) => {$(
        impl From<id::$name> for Value {
            fn from(value: id::$name) -> Self {
                Self::text(value)
            }
        }
        impl Column for id::$name {
            fn read(value: &Value) -> Option<Self> {
                if let Value::Text(text) = value { text.parse().ok() } else { None }
            }
        }
    )+};
}

ids!(
    OrganisationId,
    EstablishmentId,
    PersonId,
    MembershipId,
    ClientId,
    HomeTagId,
    VisitId,
    ClockEventId,
    DeviceId,
    EnrolmentId,
    ThreadId,
    MessageId,
    NoticeId,
    NoticeTestId,
    SubscriptionId,
    CallbackId,
    DirectoryEntryId,
    RequestId,
    CommandId,
    AccountId,
    SessionId,
    AuditId,
    AlarmId,
    LoneSessionId,
    ServiceTypeId,
    ReceiptId,
);

/// Makes enums of the wire, which keep unknown codes, readable from and writable to columns.
#[macro_export]
macro_rules! code_columns {
    ($($name:ty),+ $(,)?) => {$(
        impl From<&$name> for $crate::db::Value {
            fn from(value: &$name) -> Self {
                value.code().into()
            }
        }
        impl $crate::db::Column for $name {
            fn read(value: &$crate::db::Value) -> Option<Self> {
                if let $crate::db::Value::Text(code) = value {
                    Some(Self::from_code(code))
                } else {
                    None
                }
            }
        }
    )+};
}

code_columns!(RowKind, Lane, Refusal);

/// A row of an answer, with the name of its statement for the log.
#[derive(Clone, Debug)]
pub struct Row {
    statement: &'static str,
    values: Vec<Value>,
}

impl Row {
    pub(super) fn new(statement: &'static str, values: Vec<Value>) -> Self {
        Self { statement, values }
    }

    /// The column at `index`, from 0.
    ///
    /// # Errors
    /// When there is no such column, or it is not of that type: NULL is read as an [`Option`] only.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, Fault> {
        self.values.get(index).and_then(T::read).ok_or_else(|| self.undecoded::<T>(index))
    }

    /// The column at `index` parsed from its text.
    ///
    /// # Errors
    /// When it is no text, or does not parse.
    pub fn parse<T: FromStr>(&self, index: usize) -> Result<T, Fault> {
        self.get::<String>(index)?.parse().map_err(|_| self.undecoded::<T>(index))
    }

    /// The column at `index` read from its JSON.
    ///
    /// # Errors
    /// When it is no text, or not the JSON of such a value.
    pub fn json<T: DeserializeOwned>(&self, index: usize) -> Result<T, Fault> {
        serde_json::from_str(&self.get::<String>(index)?)
            .map_err(|e| Fault::of(format!("column {index} of {}", self.statement), e))
    }

    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }

    /// How many columns it has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.values.len()
    }

    // The value itself is left out: it may be a patient's.
    fn undecoded<T>(&self, index: usize) -> Fault {
        let wanted = std::any::type_name::<T>();
        Fault::new(format!("column {index} of {} is no {wanted}", self.statement))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use releve_shared::id::VisitId;

    #[test]
    fn a_column_that_does_not_decode_is_a_fault() {
        let row = Row::new("test", vec![Value::Null, Value::Int(2), Value::Text("x".into())]);
        assert_eq!(row.get::<Option<i64>>(0).unwrap(), None);
        assert!(row.get::<i64>(0).is_err());
        assert!(row.get::<bool>(1).is_err());
        assert!(row.get::<VisitId>(2).is_err());
        assert!(row.get::<Option<VisitId>>(2).is_err());
        assert!(row.get::<i64>(3).is_err());
        let told = row.get::<VisitId>(2).unwrap_err().to_string();
        assert_eq!(told, "column 2 of test is no releve_shared::id::VisitId");
    }

    #[test]
    fn values_survive_their_column() {
        let id = VisitId::new(Moment(5), [3; 10]);
        let values = vec![
            id.into(),
            Moment(5).into(),
            true.into(),
            None::<i64>.into(),
            (&RowKind::Visit).into(),
            u64::MAX.into(),
        ];
        let row = Row::new("test", values);
        assert_eq!(row.get::<VisitId>(0).unwrap(), id);
        assert_eq!(row.get::<Moment>(1).unwrap(), Moment(5));
        assert!(row.get::<bool>(2).unwrap());
        assert_eq!(row.get::<Option<Moment>>(3).unwrap(), None);
        assert_eq!(row.get::<RowKind>(4).unwrap(), RowKind::Visit);
        assert_eq!(row.get::<u64>(5).unwrap(), i64::MAX as u64);
    }
}
