// The HTTP of a node's objects: GET streams one, DELETE removes one. Both need its session's name and its own, which
// nobody can guess.

import type { HttpRoute } from '../service.ts';
import type { ObjectStore } from './object-store.ts';

const path = '/v1/objects/:node/:session/:id';

/** The routes of a store; the router lets plain names through only, and the store knows its objects by name. */
export function objectRoutes(store: ObjectStore): HttpRoute[] {
  return [
    {
      type: 'http',
      method: 'GET',
      path,
      handle: ({ params: { session = '', id = '' } }) => {
        const object = store.open(session, id);
        if (object === undefined) return { status: 404, json: { error: 'there is no such object' } };
        return { status: 200, stream: object.stream, byteLength: object.byteLength };
      },
    },
    {
      type: 'http',
      method: 'DELETE',
      path,
      handle: ({ params: { session = '', id = '' } }) => {
        const isRemoved = store.remove(session, id);
        return isRemoved ? { status: 200, json: {} } : { status: 404, json: { error: 'there is no such object' } };
      },
    },
  ];
}
