// Runs the npm package "oidc-provider" as it comes, with its own interactions for development.
// usage: node oidc_provider.mjs '{"port", "redirect", "secret", "verified"}'
import Provider from "oidc-provider";

const { port, redirect, secret, verified } = JSON.parse(process.argv[2]);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "lectern", client_secret: secret, redirect_uris: [redirect] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  cookies: { keys: ["a key of a test"] },
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: () => ({ sub, email: `${sub}@example.org`, email_verified: verified }),
  }),
});
provider.listen(port, "127.0.0.1", () => console.log("listening"));
