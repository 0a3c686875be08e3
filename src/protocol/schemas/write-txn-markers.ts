import { array, bool, int8, int16, int32, int64, message, string, struct } from '../schema.ts'

export const WriteTxnMarkersRequest = message({
  kind: 'request',
  name: 'WriteTxnMarkersRequest',
  apiKey: 27,
  versions: '0-2',
  flexible: '1+',
  about: 'The request of WriteTxnMarkers.',
  fields: {
    markers: array(
      struct('WritableTxnMarker', {
        producerId: int64('0+'),
        producerEpoch: int16('0+'),
        transactionResult: bool('0+'),
        topics: array(
          struct('WritableTxnMarkerTopic', {
            name: string('0+'),
            partitionIndexes: array('int32', '0+'),
          }),
          '0+',
        ),
        coordinatorEpoch: int32('0+'),
        transactionVersion: int8('2+', { default: 0, ignorable: true }),
      }),
      '0+',
    ),
  },
})

export const WriteTxnMarkersResponse = message({
  kind: 'response',
  name: 'WriteTxnMarkersResponse',
  apiKey: 27,
  versions: '0-2',
  flexible: '1+',
  about: 'The answer of WriteTxnMarkers.',
  fields: {
    markers: array(
      struct('WritableTxnMarkerResult', {
        producerId: int64('0+'),
        topics: array(
          struct('WritableTxnMarkerTopicResult', {
            name: string('0+'),
            partitions: array(
              struct('WritableTxnMarkerPartitionResult', {
                partitionIndex: int32('0+'),
                errorCode: int16('0+'),
              }),
              '0+',
            ),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
