// The example service on Hono. `npm run example:hono`; see docs/protocol.md for the environment.

import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { createMutualTlsServer, requireTier } from 'device-trust';
import { readSettings } from '../shared/environment.js';
import { createService } from '../shared/service.js';
import { startListeners } from '../shared/start-listeners.js';
import { answerErrors, requireDevice, serveDeviceTrust, type NodeEnv } from './adapter.js';

const service = await createService(readSettings());
const { trust } = service;

const app = new Hono<NodeEnv>();
app.onError(answerErrors);
app.use(serveDeviceTrust(trust.handler));

app.get('/account/resource', requireDevice(trust.authenticator), (c) => {
  const { device, accessToken } = c.var;
  return c.json({
    device: { deviceId: device.deviceId, tier: device.tier },
    user: { subject: accessToken.subject },
  });
});

app.get(
  '/account/sensitive',
  requireDevice(trust.authenticator, { requirements: [requireTier('device')] }),
  (c) => {
    const { device, accessToken } = c.var;
    return c.json({
      device: { deviceId: device.deviceId, tier: device.tier },
      user: { subject: accessToken.subject },
    });
  },
);

const listener = getRequestListener(app.fetch);
const server = createMutualTlsServer(service.tls, (incoming, outgoing) => void listener(incoming, outgoing));
await startListeners(service, server);
