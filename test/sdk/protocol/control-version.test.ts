// The version of the protocol stands for one form of the control messages.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { z } from 'zod';
import {
  controlVersion,
  headToNode,
  headToSession,
  nodeToHead,
  sessionToHead,
} from '../../../sdk/protocol/control-messages.ts';

/** What each version's messages come to. One that was published is never changed here: a change is a new version. */
const digests: Readonly<Record<number, string>> = {
  2: '15aa4e95c6ba78cf',
  3: '15aa4e95c6ba78cf', // frames differ: rows of results
  4: '992ccd3e9c3ea6a3',
  5: '992ccd3e9c3ea6a3', // frames differ: workers say that they leave
};

test('the control messages are those of their version', () => {
  const schemas = [sessionToHead, headToSession, nodeToHead, headToNode].map((schema) => z.toJSONSchema(schema));
  const digest = createHash('sha256').update(JSON.stringify(schemas)).digest('hex').slice(0, 16);
  assert.equal(
    digest,
    digests[controlVersion],
    `control messages have changed: raise controlVersion, and give the new one the digest ${digest}`,
  );
});
