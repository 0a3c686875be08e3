import { array, int8, int16, int32, message, string, struct } from '../schema.ts'

export const DescribeAclsRequest = message({
  kind: 'request',
  name: 'DescribeAclsRequest',
  apiKey: 29,
  versions: '0-3',
  flexible: '2+',
  about: 'The request of DescribeAcls.',
  fields: {
    resourceTypeFilter: int8('0+'),
    resourceNameFilter: string('0+', { nullable: '0+' }),
    patternTypeFilter: int8('1+', { default: 3 }),
    principalFilter: string('0+', { nullable: '0+' }),
    hostFilter: string('0+', { nullable: '0+' }),
    operation: int8('0+'),
    permissionType: int8('0+'),
  },
})

export const DescribeAclsResponse = message({
  kind: 'response',
  name: 'DescribeAclsResponse',
  apiKey: 29,
  versions: '0-3',
  flexible: '2+',
  about: 'The answer of DescribeAcls.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    resources: array(
      struct('DescribeAclsResource', {
        resourceType: int8('0+'),
        resourceName: string('0+'),
        patternType: int8('1+', { default: 3 }),
        acls: array(
          struct('AclDescription', {
            principal: string('0+'),
            host: string('0+'),
            operation: int8('0+'),
            permissionType: int8('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
