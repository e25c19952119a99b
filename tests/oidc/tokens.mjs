// A certified provider of tokens for programs: client credentials with private_key_jwt (RFC 7523), as an authority has.
// It reads {port, clientId, jwk, alg, life} from its standard input and writes one line when it listens.
// PUT /test/mode {status, delay} makes its token address fail; GET /test/token/T tells whether T is good; DELETE ends it.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { port, clientId, jwk, alg, life } = JSON.parse(readFileSync(0, "utf8"));
let mode = {};
let given = 0;

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: clientId,
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: alg,
    jwks: { keys: [jwk] },
    scope: "system/Bundle.crs",
  }],
  scopes: ["system/Bundle.crs"],
  clientAuthMethods: ["private_key_jwt"],
  enabledJWA: { clientAuthSigningAlgValues: ["RS384", "PS256", "PS384", "ES256", "ES384"] },
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  ttl: { ClientCredentials: life },
});
provider.on("grant.success", () => { given += 1; });
const answer = provider.callback();

createServer(async (request, response) => {
  if (request.url === "/test/given") return response.end(String(given));
  if (request.url === "/test/mode") {
    let body = "";
    for await (const part of request) body += part;
    mode = JSON.parse(body);
    return response.end();
  }
  if (request.url.startsWith("/test/token/")) {
    const token = await provider.ClientCredentials.find(decodeURIComponent(request.url.slice(12)));
    if (request.method === "DELETE") await token?.destroy();
    response.statusCode = token && !token.isExpired && token.scope === "system/Bundle.crs" ? 200 : 404;
    return response.end();
  }
  if (mode.delay) await new Promise((resolve) => setTimeout(resolve, mode.delay));
  if (mode.status) {
    response.statusCode = mode.status;
    return response.end(mode.body ?? "");
  }
  return answer(request, response);
}).listen(port, "127.0.0.1", () => process.stdout.write("listening\n"));
