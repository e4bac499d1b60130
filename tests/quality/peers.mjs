// peers.mjs: what others publish on the open sets, or on their like; the
// public source of each. Read beside our rows, not as a race: their runs
// count spans and types in their own ways.
export const peers = [
  {set: 'pii-bench-zh', who: 'argus-redact 0.6.4',
    figure: 'P 96.5 R 98.5 F1 97.4 (1,000 rows; person 95.6, address 88.8)',
    source: 'github.com/wan9yu/argus-redact docs/benchmark-report.md'},
  {set: 'presidio-research synth_dataset_v2', who: 'Presidio, as it comes',
    figure: 'P .685 R .603 F2 .618',
    source: 'github.com/microsoft/presidio-research notebook 4'},
  {set: 'presidio-research synth_dataset_v2', who: 'Presidio, customised',
    figure: 'P .870 R .839 F2 .845',
    source: 'github.com/microsoft/presidio-research notebook 5'},
  {set: 'SecretBench (not ours)', who: 'Gitleaks',
    figure: 'precision 46 %, recall 88 %', source: 'arXiv 2307.00714'},
  {set: 'SecretBench (not ours)', who: 'GitHub secret scanner',
    figure: 'precision 75 %', source: 'arXiv 2307.00714'},
  {set: 'SecretBench (not ours)', who: 'TruffleHog',
    figure: 'recall 52 %', source: 'arXiv 2307.00714'},
  {set: 'NotInject (all three)', who: 'PIGuard',
    figure: '87.3 % of benign prompts left alone',
    source: 'github.com/leolee99/PIGuard assets/Results.png'},
  {set: 'NotInject (all three)', who: 'ProtectAI v2 / deepset / PromptGuard',
    figure: '57.2 / 29.5 / 0.3 % left alone',
    source: 'github.com/leolee99/PIGuard assets/Results.png'},
]
