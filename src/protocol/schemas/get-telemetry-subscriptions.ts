import { array, bool, int16, int32, message, uuid } from '../schema.ts'

export const GetTelemetrySubscriptionsRequest = message({
  kind: 'request',
  name: 'GetTelemetrySubscriptionsRequest',
  apiKey: 71,
  versions: '0',
  flexible: '0+',
  about: 'The request of GetTelemetrySubscriptions.',
  fields: {
    clientInstanceId: uuid('0+'),
  },
})

export const GetTelemetrySubscriptionsResponse = message({
  kind: 'response',
  name: 'GetTelemetrySubscriptionsResponse',
  apiKey: 71,
  versions: '0',
  flexible: '0+',
  about: 'The answer of GetTelemetrySubscriptions.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    clientInstanceId: uuid('0+'),
    subscriptionId: int32('0+'),
    acceptedCompressionTypes: array('int8', '0+'),
    pushIntervalMs: int32('0+'),
    telemetryMaxBytes: int32('0+'),
    deltaTemporality: bool('0+'),
    requestedMetrics: array('string', '0+'),
  },
})
