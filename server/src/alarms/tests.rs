//! The room without a network; over sockets: tests/stories/alarms.rs.
