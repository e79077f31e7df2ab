// A certified OpenID provider with three people in it. Prints its issuer when it listens. Its own development pages ask for a
// name, which is the account's id; groups go by the name.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [redirect, signedOut, lifetime = "3600"] = process.argv.slice(2);
const groups = { alice: ["roletrail-analysts", "everyone"], admin: ["roletrail-admins"], viewer: ["roletrail-viewers"] };

const holder = createServer((_, response) => response.end());
await new Promise((done) => holder.listen(0, "127.0.0.1", done));
const port = holder.address().port;
await new Promise((done) => holder.close(done));

const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "roletrail",
      client_secret: "synthetic-client-secret",
      redirect_uris: [redirect],
      post_logout_redirect_uris: [signedOut],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub", "groups"], profile: ["name", "preferred_username"] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  pkce: { required: () => true },
  ttl: { IdToken: Number(lifetime) },
  cookies: { keys: ["synthetic-cookie-key"] },
  async findAccount(_, id) {
    return { accountId: id, claims: async () => ({ sub: id, name: id, preferred_username: id, groups: groups[id] ?? [] }) };
  },
});
provider.listen(port, "127.0.0.1", () => console.log(issuer));
