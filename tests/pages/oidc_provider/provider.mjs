// A real OpenID Connect provider (npm oidc-provider) for tests: a sign-in page of its own, and staff with claims.
//
//   node provider.mjs '{"port": 0, "clients": [...], "accounts": {"coordinator": {"name": "...", "agency": "...", ...}}}'
//
// It prints its issuer when it is ready, and ends when its standard input does, so that no test leaves one behind.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

const { port = 0, clients, accounts } = JSON.parse(process.argv[2]);
const CLAIMS = ['name', 'agency', 'role', 'training', 'trained_until'];

const key = (kind, options, alg) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...(alg && { alg }),
});

const configuration = {
  clients,
  findAccount: (_, id) => accounts[id] && {
    accountId: id,
    claims: () => ({ sub: id, ...Object.fromEntries(CLAIMS.map((name) => [name, accounts[id][name]])) }),
  },
  claims: { openid: ['sub', 'amr'], profile: CLAIMS },
  conformIdTokenClaims: false, // claims in the ID token, as the providers of agencies send them
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  jwks: { keys: [key('rsa', { modulusLength: 2048 }), key('ec', { namedCurve: 'P-256' }), key('ed25519')] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
  async loadExistingGrant(ctx) { // an agency's provider does not ask its staff for consent
    const { client, provider, session } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid profile');
    await grant.save();
    return grant;
  },
};

const page = (uid, wrong) => `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Agency sign-in</title></head><body><main>
<h1>Sign in with your agency account</h1>${wrong ? '<p>There is no such account.</p>' : ''}
<form method="post" action="/interaction/${uid}">
<p><label for="login">Account</label> <input id="login" name="login" autocomplete="username"></p>
<button name="do" value="sign-in">Sign in</button> <button name="do" value="cancel">Cancel</button>
</form></main></body></html>`;

async function body(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return new URLSearchParams(text);
}

async function interact(provider, request, response) {
  const { uid } = await provider.interactionDetails(request, response);
  const form = request.method === 'POST' ? await body(request) : null;
  if (form?.get('do') === 'cancel') {
    return provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'Left.' });
  }
  const login = form?.get('login');
  if (login && Object.hasOwn(accounts, login)) {
    const { amr } = accounts[login];
    return provider.interactionFinished(request, response, { login: { accountId: login, amr } });
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  return response.end(page(uid, Boolean(form)));
}

const server = createServer();
server.listen(port, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  const others = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url.startsWith('/interaction/')) return others(request, response);
    return interact(provider, request, response).catch(() => { response.statusCode = 400; response.end('Begin again.'); });
  });
  console.log(issuer);
});
process.stdin.on('end', () => process.exit(0)).resume();
