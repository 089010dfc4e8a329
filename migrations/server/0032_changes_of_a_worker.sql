-- What has changed in a worker's planning is looked for at each pull of her phone.
CREATE INDEX planning_change_of_membership ON planning_change (membership);
