import { array, int16, int32, int64, message, one, records, string, struct, uuid } from '../schema.ts'

export const ProduceRequest = message({
  kind: 'request',
  name: 'ProduceRequest',
  apiKey: 0,
  versions: '0-13',
  flexible: '9+',
  about: 'Asks for Produce.',
  fields: {
    transactionalId: string('3+', { nullable: '3+', default: null }),
    acks: int16('0+'),
    timeoutMs: int32('0+'),
    topicData: array(
      struct('TopicProduceData', {
        name: string('0-12', { ignorable: true }),
        topicId: uuid('13+', { ignorable: true }),
        partitionData: array(
          struct('PartitionProduceData', {
            index: int32('0+'),
            records: records('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const ProduceResponse = message({
  kind: 'response',
  name: 'ProduceResponse',
  apiKey: 0,
  versions: '0-13',
  flexible: '9+',
  about: 'Answers Produce.',
  fields: {
    responses: array(
      struct('TopicProduceResponse', {
        name: string('0-12', { ignorable: true }),
        topicId: uuid('13+', { ignorable: true }),
        partitionResponses: array(
          struct('PartitionProduceResponse', {
            index: int32('0+'),
            errorCode: int16('0+'),
            baseOffset: int64('0+'),
            logAppendTimeMs: int64('2+', { default: -1, ignorable: true }),
            logStartOffset: int64('5+', { default: -1, ignorable: true }),
            recordErrors: array(
              struct('BatchIndexAndErrorMessage', {
                batchIndex: int32('8+'),
                batchIndexErrorMessage: string('8+', { nullable: '8+', default: null }),
              }),
              '8+',
              { ignorable: true },
            ),
            errorMessage: string('8+', { nullable: '8+', default: null, ignorable: true }),
            currentLeader: one(
              struct('LeaderIdAndEpoch', {
                leaderId: int32('10+', { default: -1 }),
                leaderEpoch: int32('10+', { default: -1 }),
              }),
              '10+',
              { tag: 0 },
            ),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    throttleTimeMs: int32('1+', { default: 0, ignorable: true }),
    nodeEndpoints: array(
      struct('NodeEndpoint', {
        nodeId: int32('10+'),
        host: string('10+'),
        port: int32('10+'),
        rack: string('10+', { nullable: '10+', default: null }),
      }),
      '10+',
      { tag: 0 },
    ),
  },
})
