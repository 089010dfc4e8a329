-- A chip that answers for two tags is looked for at each tap.
CREATE INDEX home_tag_of_chip ON home_tag (organisation, uid);
