// The example service on Express. `npm run example:express`; see docs/protocol.md for the environment.

import express from 'express';
import { createMutualTlsServer, requireTier } from 'device-trust';
import { readSettings } from '../shared/environment.js';
import { createService } from '../shared/service.js';
import { startListeners } from '../shared/start-listeners.js';
import { answerErrors, requireDevice, serveDeviceTrust } from './adapter.js';

const service = await createService(readSettings());
const { trust } = service;

const app = express();
app.disable('x-powered-by');
app.use(serveDeviceTrust(trust.handler));

app.get('/account/resource', requireDevice(trust.authenticator), ({ device, accessToken }, response) => {
  response.json({
    device: { deviceId: device.deviceId, tier: device.tier },
    user: { subject: accessToken.subject },
  });
});

app.get(
  '/account/sensitive',
  requireDevice(trust.authenticator, { requirements: [requireTier('device')] }),
  ({ device, accessToken }, response) => {
    response.json({
      device: { deviceId: device.deviceId, tier: device.tier },
      user: { subject: accessToken.subject },
    });
  },
);

app.use(answerErrors);

await startListeners(service, createMutualTlsServer(service.tls, app));
