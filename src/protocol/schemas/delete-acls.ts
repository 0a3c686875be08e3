import { array, int8, int16, int32, message, string, struct } from '../schema.ts'

export const DeleteAclsRequest = message({
  kind: 'request',
  name: 'DeleteAclsRequest',
  apiKey: 31,
  versions: '0-3',
  flexible: '2+',
  about: 'The request of DeleteAcls.',
  fields: {
    filters: array(
      struct('DeleteAclsFilter', {
        resourceTypeFilter: int8('0+'),
        resourceNameFilter: string('0+', { nullable: '0+' }),
        patternTypeFilter: int8('1+', { default: 3 }),
        principalFilter: string('0+', { nullable: '0+' }),
        hostFilter: string('0+', { nullable: '0+' }),
        operation: int8('0+'),
        permissionType: int8('0+'),
      }),
      '0+',
    ),
  },
})

export const DeleteAclsResponse = message({
  kind: 'response',
  name: 'DeleteAclsResponse',
  apiKey: 31,
  versions: '0-3',
  flexible: '2+',
  about: 'The answer of DeleteAcls.',
  fields: {
    throttleTimeMs: int32('0+'),
    filterResults: array(
      struct('DeleteAclsFilterResult', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        matchingAcls: array(
          struct('DeleteAclsMatchingAcl', {
            errorCode: int16('0+'),
            errorMessage: string('0+', { nullable: '0+' }),
            resourceType: int8('0+'),
            resourceName: string('0+'),
            patternType: int8('1+', { default: 3 }),
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
