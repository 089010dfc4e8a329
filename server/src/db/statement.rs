//! Statements: closed texts, made by [`statements!`](crate::statements) only.

/// One SQL text for both engines. There is no way to build one at run time.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    name: &'static str,
    sql: &'static str,
    writes: bool,
}

impl Statement {
    /// For [`statements!`](crate::statements) alone.
    #[doc(hidden)]
    #[must_use]
    pub const fn of_macro(name: &'static str, sql: &'static str) -> Self {
        // A statement that reads may also begin with its common tables.
        let writes = !matches!(sql.as_bytes(), [b'S', ..] | [b'W', b'I', b'T', b'H', ..]);
        Self { name, sql, writes }
    }

    /// Whether it may change something; the SQLite driver checks it.
    #[must_use]
    pub const fn writes(&self) -> bool {
        self.writes
    }

    /// Where it is written: `releve_server::visits::sql::TAKE`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its text.
    #[must_use]
    pub const fn sql(&self) -> &'static str {
        self.sql
    }
}

/// Declares the statements of a room, once in its `sql.rs`: a constant each, and `ALL` of them for
/// [`db::statements`](crate::db::statements), where the room is to be listed.
#[macro_export]
macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident = $sql:literal;)+) => {
        $(
            $(#[$meta])*
            pub const $name: $crate::db::Statement = $crate::db::Statement::of_macro(
                concat!(module_path!(), "::", stringify!($name)),
                $sql,
            );
        )+

        /// Every statement of this room, for the check on both engines.
        pub const ALL: &[$crate::db::Statement] = &[$($name),+];
        // A test's own statements are listed nowhere.
        const _: &[$crate::db::Statement] = ALL;
    };
}

/// Every statement of every room. A room adds its list here; `tests/database` prepares all of them
/// on both engines.
#[must_use]
pub fn statements() -> Vec<Statement> {
    let rooms: &[&[Statement]] = &[
        super::feed::ALL,
        super::migrate::ALL,
        crate::alarms::ALL,
        crate::alarms::OVER,
        crate::alarms::SESSIONS,
        crate::audit::ALL,
        crate::cards::ALL,
        crate::changes::ALL,
        crate::clients::ALL,
        crate::contacts::ALL,
        crate::demo::ALL,
        crate::messages::ALL,
        crate::metrics::ALL,
        crate::people::ALL,
        crate::requests::ALL,
        crate::receipts::ALL,
        crate::retention::ALL,
        crate::services::ALL,
        crate::settings::ALL,
        crate::sync::ALL,
        crate::tasks::ALL,
        crate::travel::ALL,
        crate::visits::ALL,
        crate::visits::OVER,
    ];
    [rooms, crate::identity::ALL, crate::notices::ALL].concat().concat()
}
