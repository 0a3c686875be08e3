{
  'variables': {
    'zstd': 'node_modules/zstd-napi/deps/zstd/lib',
    'lz4': 'node_modules/lmdb/dependencies/lz4/lib',
    'snappy': 'node_modules/classic-level/deps/snappy',
  },
  'target_defaults': {
    'cflags!': ['-O3', '-fno-omit-frame-pointer'],
    'cflags_cc!': ['-std=gnu++17', '-std=c++17'],
    'cflags': ['-O2', '-fvisibility=hidden', '-ffunction-sections', '-fdata-sections'],
    # Requests that are over become rubbish at once: see native/test/run-poisoned.sh.
    'configurations': {'Debug': {'defines': ['OTTLA_POISON']}},
    'conditions': [
      # Portable baseline; faster kernels (CRC-32C) are chosen at run time.
      ['target_arch=="x64"', {'cflags': ['-march=x86-64-v2']}],
    ],
  },
  'targets': [
    {
      # Other people's code: compiled as it is, without our warnings.
      'target_name': 'codecs',
      'type': 'static_library',
      'cflags': ['-w'],
      'sources': [
        '<(lz4)/lz4.c', '<(lz4)/lz4hc.c', '<(lz4)/lz4frame.c', '<(lz4)/xxhash.c',
        '<!@(node native/list-sources.mjs <(zstd)/common <(zstd)/compress <(zstd)/decompress)',
        '<(snappy)/snappy/snappy.cc', '<(snappy)/snappy/snappy-sinksource.cc',
        '<(snappy)/snappy/snappy-stubs-internal.cc',
      ],
      'include_dirs': ['<(lz4)', '<(zstd)', '<(snappy)/snappy', '<(snappy)/linux'],
      'defines': ['XXH_NAMESPACE=LZ4_', 'ZSTD_DISABLE_ASM', 'HAVE_CONFIG_H=1'],
      'direct_dependent_settings': {
        'include_dirs': ['<(lz4)', '<(zstd)', '<(snappy)/snappy', '<(snappy)/linux'],
      },
    },
    {
      'target_name': 'ottla',
      'dependencies': ['codecs'],
      'sources': [
        'native/addon.cc',
        '<!@(node native/list-sources.mjs native/binding native/core)',
      ],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      'defines': ['NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
      'cflags': ['-Wall', '-Wextra', '-Werror'],
      'cflags_cc': ['-std=c++20', '-fno-exceptions'],
      # The node binary may carry its own zstd: ours must not be replaced by it.
      'ldflags': ['-Wl,-Bsymbolic', '-Wl,--exclude-libs,ALL', '-Wl,--gc-sections'],
    },
  ],
}
