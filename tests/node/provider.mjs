// The certified oidc-provider as a peer. usage: node provider.mjs '{"clients": […], "accounts": {"login": {…claims}}}'
// Prints its issuer once it listens on a loopback port of its own. Signing in asks for a login only; consent is implied.
import http from 'node:http';
import { Provider } from 'oidc-provider';

const { clients, accounts } = JSON.parse(process.argv[2]);
const server = http.createServer();

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients,
    pkce: { required: () => true },
    scopes: ['openid', 'email', 'profile', 'groups'],
    claims: { openid: ['sub'], email: ['email'], profile: ['name', 'preferred_username'], groups: ['groups'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['only-for-tests'] },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    findAccount: (_, login) => accounts[login] && {
      accountId: login,
      claims: () => ({ sub: login, preferred_username: login, ...accounts[login] }),
    },
    loadExistingGrant: async (ctx) => {
      const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid email profile groups');
      await grant.save();
      return grant;
    },
  });
  server.on('request', provider.callback());
  console.log(JSON.stringify({ issuer }));
});
