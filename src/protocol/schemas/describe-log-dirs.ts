import { array, bool, int16, int32, int64, message, string, struct } from '../schema.ts'

export const DescribeLogDirsRequest = message({
  kind: 'request',
  name: 'DescribeLogDirsRequest',
  apiKey: 35,
  versions: '0-5',
  flexible: '2+',
  about: 'The request of DescribeLogDirs.',
  fields: {
    topics: array(
      struct('DescribableLogDirTopic', {
        topic: string('0+'),
        partitions: array('int32', '0+'),
      }),
      '0+',
      { nullable: '0+' },
    ),
  },
})

export const DescribeLogDirsResponse = message({
  kind: 'response',
  name: 'DescribeLogDirsResponse',
  apiKey: 35,
  versions: '0-5',
  flexible: '2+',
  about: 'The answer of DescribeLogDirs.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('3+', { ignorable: true }),
    results: array(
      struct('DescribeLogDirsResult', {
        errorCode: int16('0+'),
        logDir: string('0+'),
        topics: array(
          struct('DescribeLogDirsTopic', {
            name: string('0+'),
            partitions: array(
              struct('DescribeLogDirsPartition', {
                partitionIndex: int32('0+'),
                partitionSize: int64('0+'),
                offsetLag: int64('0+'),
                isFutureKey: bool('0+'),
              }),
              '0+',
            ),
          }),
          '0+',
        ),
        totalBytes: int64('4+', { default: -1, ignorable: true }),
        usableBytes: int64('4+', { default: -1, ignorable: true }),
        isCordoned: bool('5+', { default: false, ignorable: true }),
      }),
      '0+',
    ),
  },
})
