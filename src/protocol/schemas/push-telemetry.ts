import { bool, bytes, int8, int16, int32, message, uuid } from '../schema.ts'

export const PushTelemetryRequest = message({
  kind: 'request',
  name: 'PushTelemetryRequest',
  apiKey: 72,
  versions: '0',
  flexible: '0+',
  about: 'The request of PushTelemetry.',
  fields: {
    clientInstanceId: uuid('0+'),
    subscriptionId: int32('0+'),
    terminating: bool('0+'),
    compressionType: int8('0+'),
    metrics: bytes('0+'),
  },
})

export const PushTelemetryResponse = message({
  kind: 'response',
  name: 'PushTelemetryResponse',
  apiKey: 72,
  versions: '0',
  flexible: '0+',
  about: 'The answer of PushTelemetry.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
  },
})
