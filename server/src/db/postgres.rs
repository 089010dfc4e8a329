//! PostgreSQL: synchronous clients on blocking threads. What only PostgreSQL can do lives here, and in
//! [`nodes`](super::nodes) the link to other nodes.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use ::postgres::config::SslMode;
use ::postgres::error::SqlState;
use ::postgres::types::private::BytesMut;
use ::postgres::types::{FromSql, IsNull, ToSql, Type};
use ::postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::answer::{Answer, Fault, Kind, Stop};
use super::nodes::Nodes;
use super::pool::{Lent, Pool};
use super::statement::Statement;
use super::tx::{self, Shape, Tx};
use super::value::{Row, Value};
use super::{Fuse, Meters, Moved, Ours};

/// Connections of one node.
const CONNECTIONS: usize = 16;
/// READ COMMITTED, so that a claim reads the newest version of its row.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// How often a transaction is run again at most.
const AGAIN: u32 = 5;
/// How long a connection may take to come about, unless the address says otherwise.
const CONNECTING: Duration = Duration::from_secs(5);
/// After so long without a sign, a silent connection is asked for one: a network may die unheard.
const SILENT: Duration = Duration::from_secs(30);
/// Any number, the same in every node: who holds it migrates.
const SCHEMA_LOCK: &str = "SELECT pg_advisory_xact_lock(7265766516)";

/// One connection, with what it has prepared.
pub(super) struct Link {
    client: Client,
    prepared: HashMap<&'static str, ::postgres::Statement>,
}

impl Link {
    pub(super) fn query(&mut self, of: &Statement, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let statement = self.prepared(of, Some(values.len()))?;
        let found = self.client.query(&statement, &bound(values)).map_err(|e| self.told(of, e))?;
        let read = |row: &::postgres::Row| {
            let columns = (0..row.len()).map(|index| row.try_get(index));
            Ok(Row::new(of.name(), columns.collect::<Result<_, _>>()?))
        };
        found
            .iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(|e| Fault::of(of.name(), unboxed(e)))
    }

    pub(super) fn execute(&mut self, of: &Statement, values: &[Value]) -> Result<u64, Fault> {
        let statement = self.prepared(of, Some(values.len()))?;
        self.client.execute(&statement, &bound(values)).map_err(|e| self.told(of, e))
    }

    pub(super) fn shape(&mut self, of: &Statement) -> Result<Shape, Fault> {
        let statement = self.prepared(of, None)?;
        for (at, of_type) in statement.params().iter().enumerate() {
            if *of_type != Type::INT8 && *of_type != Type::TEXT {
                let (name, at) = (of.name(), at + 1);
                let what = format!("{name}: ${at} is {of_type}: say CAST(${at} AS BIGINT) or TEXT");
                return Err(Fault::new(what));
            }
        }
        for column in statement.columns() {
            if !<Value as FromSql>::accepts(column.type_()) {
                let (name, column, of_type) = (of.name(), column.name(), column.type_());
                return Err(Fault::new(format!("{name}: {column} is {of_type}: cast it")));
            }
        }
        Ok(Shape { columns: statement.columns().len(), parameters: statement.params().len() })
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        self.client.batch_execute(sql).map_err(|e| {
            let kind = self.kind(&e);
            Fault::of(sql.trim().to_owned(), e).with(kind)
        })
    }

    /// The first column of the one row of a query of this layer's own.
    pub(super) fn text(&mut self, sql: &str) -> Result<String, Fault> {
        let row = self.client.query_one(sql, &[]).and_then(|row| row.try_get(0));
        row.map_err(|e| {
            let kind = self.kind(&e);
            Fault::of(sql.to_owned(), e).with(kind)
        })
    }

    /// Lets one node migrate at a time; released by the end of the transaction.
    pub(super) fn lock_schema(&mut self) -> Result<(), Fault> {
        self.batch(SCHEMA_LOCK)
    }

    fn prepared(
        &mut self,
        of: &Statement,
        values: Option<usize>,
    ) -> Result<::postgres::Statement, Fault> {
        let statement = match self.prepared.get(of.sql()) {
            Some(statement) => statement.clone(),
            None => {
                let made = self.client.prepare(of.sql()).map_err(|e| self.told(of, e))?;
                self.prepared.insert(of.sql(), made.clone());
                made
            }
        };
        let wanted = statement.params().len();
        match values {
            Some(given) if given != wanted => {
                Err(Fault::new(format!("{}: {given} values for {wanted} parameters", of.name())))
            }
            Some(_) | None => Ok(statement),
        }
    }

    fn told(&self, of: &Statement, error: ::postgres::Error) -> Fault {
        let kind = self.kind(&error);
        Fault::of(of.name(), error).with(kind)
    }

    fn kind(&self, error: &::postgres::Error) -> Kind {
        let again = [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED];
        let lost =
            [&SqlState::ADMIN_SHUTDOWN, &SqlState::CRASH_SHUTDOWN, &SqlState::CANNOT_CONNECT_NOW];
        match error.code() {
            Some(code) if again.contains(&code) => Kind::Again,
            Some(code) if lost.contains(&code) => Kind::Lost,
            _ if error.is_closed() || self.client.is_closed() => Kind::Lost,
            _ => Kind::Final,
        }
    }
}

fn bound(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

fn unboxed(error: ::postgres::Error) -> Box<dyn Error + Send + Sync> {
    error.into()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(int) => int.to_sql_checked(ty, out),
            Self::Text(text) => text.to_sql_checked(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::INT8 || *ty == Type::TEXT
    }

    ::postgres::types::to_sql_checked!();
}

/// INT4 and BOOL are what PostgreSQL makes of `SELECT 1` and `SELECT EXISTS (…)`.
impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        match *ty {
            Type::INT4 => i32::from_sql(ty, raw).map(Self::from),
            Type::BOOL => bool::from_sql(ty, raw).map(Self::from),
            Type::TEXT => <&str>::from_sql(ty, raw).map(Self::from),
            _ => i64::from_sql(ty, raw).map(Self::from),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::BOOL, Type::TEXT].contains(ty)
    }
}

/// A server, and the connections to it.
pub(super) struct Postgres {
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    links: Pool<Tx>,
    moved: Moved,
    meters: Meters,
    nodes: OnceLock<Option<Nodes>>,
    fuse: Option<Fuse>,
}

impl Postgres {
    /// Reads the address; connections are made when wanted. With `sslmode=require` the server's
    /// certificate is checked against the machine's own roots; any other mode goes without TLS.
    pub(super) fn open(url: &str, (moved, meters, fuse): Ours) -> Result<Self, Fault> {
        // The error's words do not show the address, which may hold a password.
        let mut config: tokio_postgres::Config = url
            .parse()
            .map_err(|e| Fault::of("reading the address of the database", unboxed(e)))?;
        config.application_name("releve").keepalives_idle(SILENT).keepalives_retries(3);
        config.keepalives_interval(SILENT / 3);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECTING);
        }
        let tls = if config.get_ssl_mode() == SslMode::Require {
            Some(tls()?)
        } else {
            config.ssl_mode(SslMode::Disable);
            None
        };
        let links = Pool::new(CONNECTIONS, meters.in_use.clone());
        Ok(Self { config, tls, links, moved, meters, nodes: OnceLock::new(), fuse })
    }

    /// Runs a verb that writes, and pokes this node and the others.
    pub(super) fn write<T>(&self, verb: &dyn Fn(&mut Tx) -> Answer<T>) -> Answer<T> {
        let mut lent = self.links.take()?;
        let value = self.again(&mut lent, WRITE, verb)?;
        let heads = std::mem::take(&mut lent.link(|| self.connect())?.feed.heads);
        let scopes: BTreeSet<_> = heads.into_keys().collect();
        if let (false, Some(nodes)) = (scopes.is_empty(), self.nodes()) {
            nodes.tell(scopes.clone());
        }
        super::poke(&self.moved, scopes);
        Ok(value)
    }

    /// The link to other nodes, made when wanted. Without it this node still works.
    pub(super) fn nodes(&self) -> Option<&Nodes> {
        let start = || {
            Nodes::start(self.config.clone(), self.tls.clone(), self.moved.clone())
                .inspect_err(|fault| tracing::error!(%fault, "other nodes are not heard"))
                .ok()
        };
        self.nodes.get_or_init(start).as_ref()
    }

    /// REPEATABLE READ: all that a verb reads is of one snapshot (sync.md F3).
    pub(super) fn read<T>(&self, verb: &dyn Fn(&mut Tx) -> Answer<T>) -> Answer<T> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.again(&mut self.links.take()?, begin, verb)
    }

    /// Runs a transaction, and again when the database asks for it or the connection was lost before
    /// the commit was sent.
    fn again<T>(
        &self,
        lent: &mut Lent<'_, Tx>,
        begin: &str,
        verb: &dyn Fn(&mut Tx) -> Answer<T>,
    ) -> Answer<T> {
        let (mut tries, mut careful) = (0, false);
        loop {
            match self.once(lent, begin, verb, careful) {
                Err(Stop::Fault(fault)) if fault.kind() == Kind::Careful && !careful => {
                    careful = true;
                }
                Err(Stop::Fault(fault))
                    if matches!(fault.kind(), Kind::Again | Kind::Lost) && tries < AGAIN =>
                {
                    tries += 1;
                    thread::sleep(Duration::from_millis(1 << tries));
                }
                answer => return answer,
            }
        }
    }

    fn once<T>(
        &self,
        lent: &mut Lent<'_, Tx>,
        begin: &str,
        verb: &dyn Fn(&mut Tx) -> Answer<T>,
        careful: bool,
    ) -> Answer<T> {
        let tx = lent.link(|| self.connect())?;
        tx.mend();
        tx.careful = careful;
        let answer = match tx.batch(begin) {
            Ok(()) => tx.perform(verb),
            Err(fault) => Err(fault.into()),
        };
        tx.mend();
        let ended = match &answer {
            // Whether a commit that got no answer stands is unknown: never run it again.
            Ok(_) => {
                let start = super::instant();
                let ended = tx.batch("COMMIT").map_err(|fault| match fault.kind() {
                    Kind::Lost => fault.with(Kind::Unknown),
                    Kind::Again | Kind::Careful | Kind::Unknown | Kind::Final => fault,
                });
                if begin == WRITE {
                    self.meters.committed(start.elapsed());
                }
                ended
            }
            Err(_) => tx.batch("ROLLBACK"),
        };
        let Err(fault) = ended else { return answer };
        lent.discard();
        answer.and(Err(fault.into()))
    }

    fn connect(&self) -> Result<Tx, Fault> {
        let config = Config::from(self.config.clone());
        let client = match &self.tls {
            Some(tls) => config.connect(tls.clone()),
            None => config.connect(NoTls),
        };
        let lost = |e| Fault::of("connecting to PostgreSQL", unboxed(e)).with(Kind::Lost);
        let client = client.map_err(lost)?;
        let link = Link { client, prepared: HashMap::new() };
        Ok(Tx::new(tx::Link::Postgres(Box::new(link)), self.fuse.clone()))
    }
}

/// A client blocks when it is dropped, which a thread of an async runtime must not.
impl Drop for Postgres {
    fn drop(&mut self) {
        let links = self.links.drain();
        let nodes = self.nodes.take();
        // A thread that panics has dropped its clients all the same.
        let _ = thread::spawn(move || drop((links, nodes))).join();
    }
}

fn tls() -> Result<MakeRustlsConnect, Fault> {
    // Somebody else may have installed one already: any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (tls, _unreadable) = MakeRustlsConnect::with_native_certs().map_err(|errors| {
        let words: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Fault::new(format!("no root certificate on this machine: {}", words.join("; ")))
    })?;
    Ok(tls)
}
