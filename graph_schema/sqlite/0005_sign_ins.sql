-- Sign-ins of an identity, and of a directory user, whom no identity stands for.
ALTER TABLE sign_in ADD COLUMN person TEXT NOT NULL DEFAULT '';
CREATE INDEX sign_in_identity ON sign_in (n) WHERE n IS NOT NULL;
CREATE INDEX sign_in_person ON sign_in (person) WHERE person > '';
