module.exports = { output: 'standalone', typescript: { ignoreBuildErrors: true } };
