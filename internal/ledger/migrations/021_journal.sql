comment on table migguard.statement is 'The gated statements of a run, written while it goes on, many together, and when it ends. Statements without schema effect are not kept.';
