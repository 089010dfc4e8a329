//! Rows of other rooms that the tests of identity and sync stand on.

crate::statements! {
    /// A person.
    PERSON = "INSERT INTO person (id, first_name, last_name, phone) VALUES ($1, 'Amina', 'Kaci', '')";
    /// Her membership.
    MEMBERSHIP = "INSERT INTO membership (id, organisation, establishment, person, role, state, transmit,
                                          folded, rev, created_at)
                   VALUES ($1, $2, (SELECT MIN(e.id) FROM establishment e WHERE e.organisation = $2), $3, 'aide à domicile', 'active', 1, 'amina kaci', 1, $4)";
    /// Changes the log, which the product cannot.
    LIE = "UPDATE audit_entry SET detail = '4' WHERE detail = $1 RETURNING id";
}
