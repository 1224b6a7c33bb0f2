// A vendor that cannot be asked, and what that is worth to whom.

import type { EvidenceSource } from 'device-trust/testing';
import type { Stage } from './stage.js';

/** For how long the server believes what its own question to Google came to; a little more. */
const PROBE_MEMORY_SECONDS = 1.1;

/** Evidence on which the vendor stumbles opens nothing. */
export async function tellOfAPoisonedToken(stage: Stage): Promise<void> {
  const { story, google, play, buyPhone, fromPlay } = stage;
  const phone = buyPhone(fromPlay());
  story.chapter('Google stumbles');
  story.step('A phone enrols while Google answers', { status: 201 }, await phone.enroll(), tierOf(phone));
  const poison: EvidenceSource = ({ binding }) => {
    const token = play.createToken({ binding });
    google.failFor(token, { kind: 'answer', status: 500 });
    return { provider: 'play-integrity', token };
  };
  story.step(
    'A token on which Google stumbles: the server asks Google something of its own, is answered, and lets nobody in',
    { status: 503, code: 'provider_unavailable' },
    await phone.renew({ evidence: poison }),
  );

  story.step('Others go on', { status: 201 }, await buyPhone(fromPlay()).enroll());
  await new Promise((resolve) => setTimeout(resolve, PROBE_MEMORY_SECONDS * 1000));
}

/** What an outage is worth, and to whom. */
export async function tellOfAnOutage(stage: Stage): Promise<void> {
  const { story, server, google, buyPhone, fromPlay } = stage;
  const phone = buyPhone(fromPlay());
  const bare = buyPhone(() => null);
  story.chapter('Google is down');
  story.step('A phone enrols while Google answers', { status: 201 }, await phone.enroll(), tierOf(phone));
  story.step('... and one without any evidence', { status: 201 }, await bare.enroll(), tierOf(bare));

  await google.setDown(true);
  story.step(
    'Google is down: an enrolment waits',
    { status: 503, code: 'provider_unavailable' },
    await buyPhone(fromPlay()).enroll(),
  );
  const key = phone.key();
  const renewed = await phone.renew();
  story.step(
    'The certificate of a phone whose last verdict is young is about to end: a short extension',
    { status: 201 },
    renewed,
    `${tierOf(phone)}, fresh evidence is due at once`,
  );
  story.step(
    '... not for another key',
    { status: 503, code: 'provider_unavailable' },
    await phone.renew({ key: buyPhone(fromPlay()).createKey() }),
  );
  story.step(
    '... and not for a phone that never had a verdict',
    { status: 503, code: 'provider_unavailable' },
    await bare.renew({ evidence: fromPlay() }),
  );
  const shown = await phone.sendAsBootstrap({
    method: 'GET',
    path: `/device-trust/v1/admin/devices/${phone.certificate()?.deviceId}`,
    headers: { authorization: `Bearer ${server.adminToken}` },
  });
  const isOnRecord = JSON.stringify(shown.body).includes('"outage":"play-integrity"');
  story.fact('It is on record', isOnRecord, 'outage: play-integrity');

  await google.setDown(false);
  const fresh = await phone.renew({ key });
  story.step('Google is back', { status: 201 }, fresh, tierOf(phone));
  story.fact(
    '... and the evidence is fresh',
    !JSON.stringify(fresh.body).includes('evidenceDueAt'),
    'no more is due before the next renewal',
  );
}

function tierOf(phone: ReturnType<Stage['buyPhone']>): string {
  const certificate = phone.certificate();
  return `tier ${certificate?.tier}, until ${certificate?.notAfter}`;
}
