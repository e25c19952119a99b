// A certified OpenID provider with the claims and the odd addresses of Pro Santé Connect (domain rules 2.8).
// It reads {port, clientId, secret} from its standard input and writes one line when it listens.
// PUT /test/mode changes what it answers: {person, acr, idToken, foreignKey, delay, cancel}.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { generateKeyPair, exportJWK, SignJWT, decodeJwt } from "jose";
import Provider from "oidc-provider";

const { port, clientId, secret } = JSON.parse(readFileSync(0, "utf8"));
const issuer = `http://127.0.0.1:${port}`;
const keys = await generateKeyPair("RS256", { extractable: true });
const foreign = await generateKeyPair("RS256", { extractable: true });
const jwk = { ...(await exportJWK(keys.privateKey)), kid: "test", alg: "RS256", use: "sig" };
let mode = {};

const provider = new Provider(issuer, {
  clients: [{ client_id: clientId, client_secret: secret, redirect_uris: ["http://testserver/nowhere"] }],
  jwks: { keys: [jwk] },
  cookies: { keys: ["test"] },
  acrValues: ["eidas1", "eidas0"],
  claims: { openid: ["sub"], scope_all: ["preferred_username", "SubjectNameID", "SubjectRefPro", "given_name", "family_name"], acr: null },
  scopes: ["openid", "scope_all"],
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false }, userinfo: { enabled: true } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, accountId) => ({ accountId, claims: async () => ({ ...mode.person, sub: accountId }) }),
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid scope_all");
    grant.addOIDCClaims(["acr"]);
    await grant.save();
    return grant;
  },
});
provider.Client.prototype.redirectUriAllowed = () => true;

// What no provider would do, for the tests that need it: the same token with other claims, or another's signature.
provider.use(async (ctx, next) => {
  await next();
  if (ctx.path !== "/token" || !ctx.body?.id_token) return;
  const claims = { ...decodeJwt(ctx.body.id_token), ...mode.idToken };
  for (const name of Object.keys(claims)) if (claims[name] === null) delete claims[name];
  const key = mode.foreignKey ? foreign.privateKey : keys.privateKey;
  const sign = new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "test" });
  ctx.body = { ...ctx.body, id_token: await sign.sign(key) };
});
const answer = provider.callback();

async function discovery(response) {
  const told = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  // As Pro Santé Connect: the authorization host is not the issuer's.
  told.authorization_endpoint = `http://localhost:${port}/auth`;
  response.setHeader("Content-Type", "application/json").end(JSON.stringify(told));
}

async function changeMode(request, response) {
  let body = "";
  for await (const part of request) body += part;
  mode = JSON.parse(body);
  response.end();
}

createServer(async (request, response) => {
  if (request.url === "/test/mode") return changeMode(request, response);
  if (mode.delay) await new Promise((resolve) => setTimeout(resolve, mode.delay));
  if (request.url === "/realm/.well-known/wallet-openid-configuration") return discovery(response);
  if (request.url.startsWith("/interaction/")) {
    const login = { accountId: mode.person.sub, acr: mode.acr ?? undefined };
    const result = mode.cancel ? { error: "access_denied" } : { login };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  return answer(request, response);
}).listen(port, "127.0.0.1", () => process.stdout.write("listening\n"));
