import { array, int8, int16, int32, message, string, struct } from '../schema.ts'

export const CreateAclsRequest = message({
  kind: 'request',
  name: 'CreateAclsRequest',
  apiKey: 30,
  versions: '0-3',
  flexible: '2+',
  about: 'The request of CreateAcls.',
  fields: {
    creations: array(
      struct('AclCreation', {
        resourceType: int8('0+'),
        resourceName: string('0+'),
        resourcePatternType: int8('1+', { default: 3 }),
        principal: string('0+'),
        host: string('0+'),
        operation: int8('0+'),
        permissionType: int8('0+'),
      }),
      '0+',
    ),
  },
})

export const CreateAclsResponse = message({
  kind: 'response',
  name: 'CreateAclsResponse',
  apiKey: 30,
  versions: '0-3',
  flexible: '2+',
  about: 'The answer of CreateAcls.',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array(
      struct('AclCreationResult', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
      }),
      '0+',
    ),
  },
})
