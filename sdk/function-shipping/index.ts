// Function shipping, the side that sends. Workers import receive.ts, which loads no parser.

export { callerUrl } from './caller-url.ts';
export { shipClass, shipFunction } from './ship.ts';
export { shipBuiltin, shipModule, shipNamespace } from './ship-module.ts';
export type { Shipment, ShipOptions, ShippedCode } from './shipped-code.ts';
