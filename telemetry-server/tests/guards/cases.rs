//! The guards with their beginnings and ends, and what each leaves behind.
//!
//! A series is written `name{label=value,…}`. The number beside a histogram is how many observations it has.

use telemetry_core::Registry;
use telemetry_core::catalog::{BeadOperation, CycleType, KillReason, RunStatus, VcsOperation, VcsStatus};
use telemetry_core::guard::*;

/// A guard: how it begins, what it has then created, and its ends, each with the series that have another value after it.
pub(crate) struct Case<G: 'static> {
    /// In this registry, or in the default one.
    pub(crate) begin: fn(Option<&Registry>) -> G,
    pub(crate) begun: &'static [Series],
    pub(crate) ends: &'static [End<G>],
}

/// What the end is called, how it happens, and what it changes.
pub(crate) type End<G> = (&'static str, fn(G), &'static [Series]);

pub(crate) type Series = (&'static str, f64);

pub(crate) const AGENT: Case<AgentRun> = Case {
    begin: |registry| {
        let agent = Agent { llm_provider: "claude", project: "site", workflow: "fix" };
        registry.map_or_else(|| AgentRun::begin(agent), |registry| AgentRun::begin_in(registry, agent))
    },
    begun: &[
        ("sase_agent_runs_total{llm_provider=claude,status=ok,workflow=fix}", 0.0),
        ("sase_agent_runs_total{llm_provider=claude,status=error,workflow=fix}", 0.0),
        ("sase_agent_runs_total{llm_provider=claude,status=killed,workflow=fix}", 0.0),
        ("sase_agent_runs_total{llm_provider=claude,status=other,workflow=fix}", 0.0),
        ("sase_agent_run_duration_seconds{llm_provider=claude,workflow=fix}", 0.0),
        ("sase_agent_active{llm_provider=claude,project=site}", 1.0),
        ("sase_agent_spawns_total{llm_provider=claude,project=site}", 1.0),
        ("sase_agent_kills_total{reason=signal}", 0.0),
        ("sase_agent_kills_total{reason=timeout}", 0.0),
        ("sase_agent_kills_total{reason=user}", 0.0),
        ("sase_agent_kills_total{reason=shutdown}", 0.0),
        ("sase_agent_kills_total{reason=oom}", 0.0),
        ("sase_agent_kills_total{reason=other}", 0.0),
    ],
    ends: &[
        ("ok", AgentRun::ok, &[
            ("sase_agent_runs_total{llm_provider=claude,status=ok,workflow=fix}", 1.0),
            ("sase_agent_run_duration_seconds{llm_provider=claude,workflow=fix}", 1.0),
            ("sase_agent_active{llm_provider=claude,project=site}", 0.0),
        ]),
        ("error", AgentRun::error, &[
            ("sase_agent_runs_total{llm_provider=claude,status=error,workflow=fix}", 1.0),
            ("sase_agent_run_duration_seconds{llm_provider=claude,workflow=fix}", 1.0),
            ("sase_agent_active{llm_provider=claude,project=site}", 0.0),
        ]),
        ("killed", |run| run.killed(KillReason::Oom), &[
            ("sase_agent_runs_total{llm_provider=claude,status=killed,workflow=fix}", 1.0),
            ("sase_agent_run_duration_seconds{llm_provider=claude,workflow=fix}", 1.0),
            ("sase_agent_active{llm_provider=claude,project=site}", 0.0),
            ("sase_agent_kills_total{reason=oom}", 1.0),
        ]),
        ("other", AgentRun::other, &[
            ("sase_agent_runs_total{llm_provider=claude,status=other,workflow=fix}", 1.0),
            ("sase_agent_run_duration_seconds{llm_provider=claude,workflow=fix}", 1.0),
            ("sase_agent_active{llm_provider=claude,project=site}", 0.0),
        ]),
        ("dropped", drop, &[
            ("sase_agent_runs_total{llm_provider=claude,status=error,workflow=fix}", 1.0),
            ("sase_agent_run_duration_seconds{llm_provider=claude,workflow=fix}", 1.0),
            ("sase_agent_active{llm_provider=claude,project=site}", 0.0),
        ]),
    ],
};

pub(crate) const LLM: Case<LlmInvocation> = Case {
    begin: |registry| {
        registry.map_or_else(|| LlmInvocation::begin("claude"), |registry| LlmInvocation::begin_in(registry, "claude"))
    },
    begun: &[
        ("sase_llm_invocations_total{provider=claude,status=ok}", 0.0),
        ("sase_llm_invocations_total{provider=claude,status=error}", 0.0),
        ("sase_llm_invocations_total{provider=claude,status=killed}", 0.0),
        ("sase_llm_invocations_total{provider=claude,status=other}", 0.0),
        ("sase_llm_invocation_duration_seconds{provider=claude}", 0.0),
        ("sase_llm_errors_total{provider=claude,error_type=dropped}", 0.0),
        ("sase_llm_retries_total{provider=claude}", 0.0),
        ("sase_llm_input_tokens_total{provider=claude}", 0.0),
        ("sase_llm_output_tokens_total{provider=claude}", 0.0),
        ("sase_llm_cache_read_tokens_total{provider=claude}", 0.0),
    ],
    ends: &[
        ("ok", LlmInvocation::ok, &[
            ("sase_llm_invocations_total{provider=claude,status=ok}", 1.0),
            ("sase_llm_invocation_duration_seconds{provider=claude}", 1.0),
        ]),
        ("error", |call| call.error("rate_limit"), &[
            ("sase_llm_invocations_total{provider=claude,status=error}", 1.0),
            ("sase_llm_invocation_duration_seconds{provider=claude}", 1.0),
            ("sase_llm_errors_total{provider=claude,error_type=rate_limit}", 1.0),
        ]),
        ("killed", LlmInvocation::killed, &[
            ("sase_llm_invocations_total{provider=claude,status=killed}", 1.0),
            ("sase_llm_invocation_duration_seconds{provider=claude}", 1.0),
        ]),
        ("other", LlmInvocation::other, &[
            ("sase_llm_invocations_total{provider=claude,status=other}", 1.0),
            ("sase_llm_invocation_duration_seconds{provider=claude}", 1.0),
        ]),
        ("dropped", drop, &[
            ("sase_llm_invocations_total{provider=claude,status=error}", 1.0),
            ("sase_llm_invocation_duration_seconds{provider=claude}", 1.0),
            ("sase_llm_errors_total{provider=claude,error_type=dropped}", 1.0),
        ]),
        ("ok with tokens and retries", count_and_answer, &[
            ("sase_llm_invocations_total{provider=claude,status=ok}", 1.0),
            ("sase_llm_invocation_duration_seconds{provider=claude}", 1.0),
            ("sase_llm_retries_total{provider=claude}", 2.0),
            ("sase_llm_input_tokens_total{provider=claude}", 900.0),
            ("sase_llm_output_tokens_total{provider=claude}", 210.0),
            ("sase_llm_cache_read_tokens_total{provider=claude}", 40.0),
        ]),
    ],
};

fn count_and_answer(call: LlmInvocation) {
    call.retry();
    call.retry();
    call.input_tokens(900);
    call.output_tokens(200);
    call.output_tokens(10);
    call.cache_read_tokens(40);
    call.ok();
}

pub(crate) const AXE: Case<AxeCycle> = Case {
    begin: |registry| {
        let full = CycleType::Full;
        registry.map_or_else(|| AxeCycle::begin(full), |registry| AxeCycle::begin_in(registry, full))
    },
    begun: &[
        ("sase_axe_cycles_total{cycle_type=full}", 0.0),
        ("sase_axe_cycle_duration_seconds{cycle_type=full}", 0.0),
        ("sase_axe_errors_total{error_type=dropped}", 0.0),
    ],
    ends: &[
        ("done", AxeCycle::done, &[
            ("sase_axe_cycles_total{cycle_type=full}", 1.0),
            ("sase_axe_cycle_duration_seconds{cycle_type=full}", 1.0),
        ]),
        ("done with errors", fail_and_survive, &[
            ("sase_axe_cycles_total{cycle_type=full}", 1.0),
            ("sase_axe_cycle_duration_seconds{cycle_type=full}", 1.0),
            ("sase_axe_errors_total{error_type=disk}", 2.0),
            ("sase_axe_errors_total{error_type=network}", 1.0),
        ]),
        ("dropped", drop, &[
            ("sase_axe_cycles_total{cycle_type=full}", 1.0),
            ("sase_axe_cycle_duration_seconds{cycle_type=full}", 1.0),
            ("sase_axe_errors_total{error_type=dropped}", 1.0),
        ]),
    ],
};

fn fail_and_survive(cycle: AxeCycle) {
    cycle.error("disk");
    cycle.error("network");
    cycle.error("disk");
    cycle.done();
}

pub(crate) const HOOK: Case<HookExecution> = Case {
    begin: |registry| {
        registry.map_or_else(|| HookExecution::begin("pre"), |registry| HookExecution::begin_in(registry, "pre"))
    },
    begun: &[
        ("sase_hook_executions_total{hook_type=pre,status=passed}", 0.0),
        ("sase_hook_executions_total{hook_type=pre,status=failed}", 0.0),
        ("sase_hook_executions_total{hook_type=pre,status=killed}", 0.0),
        ("sase_hook_executions_total{hook_type=pre,status=other}", 0.0),
        ("sase_hook_duration_seconds{hook_type=pre}", 0.0),
        ("sase_hook_retries_total{hook_type=pre}", 0.0),
    ],
    ends: &[
        ("passed", HookExecution::passed, &[
            ("sase_hook_executions_total{hook_type=pre,status=passed}", 1.0),
            ("sase_hook_duration_seconds{hook_type=pre}", 1.0),
        ]),
        ("failed", HookExecution::failed, &[
            ("sase_hook_executions_total{hook_type=pre,status=failed}", 1.0),
            ("sase_hook_duration_seconds{hook_type=pre}", 1.0),
        ]),
        ("killed", HookExecution::killed, &[
            ("sase_hook_executions_total{hook_type=pre,status=killed}", 1.0),
            ("sase_hook_duration_seconds{hook_type=pre}", 1.0),
        ]),
        ("other", HookExecution::other, &[
            ("sase_hook_executions_total{hook_type=pre,status=other}", 1.0),
            ("sase_hook_duration_seconds{hook_type=pre}", 1.0),
        ]),
        ("dropped", drop, &[
            ("sase_hook_executions_total{hook_type=pre,status=failed}", 1.0),
            ("sase_hook_duration_seconds{hook_type=pre}", 1.0),
        ]),
        ("passed at the second attempt", retry_and_pass, &[
            ("sase_hook_executions_total{hook_type=pre,status=passed}", 1.0),
            ("sase_hook_duration_seconds{hook_type=pre}", 1.0),
            ("sase_hook_retries_total{hook_type=pre}", 1.0),
        ]),
    ],
};

fn retry_and_pass(hook: HookExecution) {
    hook.retry();
    hook.passed();
}

pub(crate) const MENTOR: Case<MentorExecution> = Case {
    begin: |registry| registry.map_or_else(MentorExecution::begin, MentorExecution::begin_in),
    begun: &[
        ("sase_mentor_executions_total{status=ok}", 0.0),
        ("sase_mentor_executions_total{status=error}", 0.0),
        ("sase_mentor_executions_total{status=killed}", 0.0),
        ("sase_mentor_executions_total{status=other}", 0.0),
    ],
    ends: &[
        ("ok", MentorExecution::ok, &[("sase_mentor_executions_total{status=ok}", 1.0)]),
        ("error", MentorExecution::error, &[("sase_mentor_executions_total{status=error}", 1.0)]),
        ("killed", MentorExecution::killed, &[("sase_mentor_executions_total{status=killed}", 1.0)]),
        ("other", |mentor| mentor.end(RunStatus::Other), &[("sase_mentor_executions_total{status=other}", 1.0)]),
        ("dropped", drop, &[("sase_mentor_executions_total{status=error}", 1.0)]),
    ],
};

pub(crate) const WORKFLOW: Case<WorkflowExecution> = Case {
    begin: |registry| {
        registry.map_or_else(|| WorkflowExecution::begin("fix"), |registry| WorkflowExecution::begin_in(registry, "fix"))
    },
    begun: &[
        ("sase_workflow_executions_total{workflow=fix,status=ok}", 0.0),
        ("sase_workflow_executions_total{workflow=fix,status=error}", 0.0),
        ("sase_workflow_executions_total{workflow=fix,status=killed}", 0.0),
        ("sase_workflow_executions_total{workflow=fix,status=other}", 0.0),
        ("sase_workflow_duration_seconds{workflow=fix}", 0.0),
    ],
    ends: &[
        ("ok", WorkflowExecution::ok, &[
            ("sase_workflow_executions_total{workflow=fix,status=ok}", 1.0),
            ("sase_workflow_duration_seconds{workflow=fix}", 1.0),
        ]),
        ("error", WorkflowExecution::error, &[
            ("sase_workflow_executions_total{workflow=fix,status=error}", 1.0),
            ("sase_workflow_duration_seconds{workflow=fix}", 1.0),
        ]),
        ("killed", WorkflowExecution::killed, &[
            ("sase_workflow_executions_total{workflow=fix,status=killed}", 1.0),
            ("sase_workflow_duration_seconds{workflow=fix}", 1.0),
        ]),
        ("other", |workflow| workflow.end(RunStatus::Other), &[
            ("sase_workflow_executions_total{workflow=fix,status=other}", 1.0),
            ("sase_workflow_duration_seconds{workflow=fix}", 1.0),
        ]),
        ("dropped", drop, &[
            ("sase_workflow_executions_total{workflow=fix,status=error}", 1.0),
            ("sase_workflow_duration_seconds{workflow=fix}", 1.0),
        ]),
    ],
};

pub(crate) const BEAD: Case<BeadTransition> = Case {
    begin: |registry| {
        let (from_status, to_status) = ("open", "closed");
        let change = BeadChange { operation: BeadOperation::Close, project: "site", from_status, to_status };
        registry.map_or_else(|| BeadTransition::begin(change), |registry| BeadTransition::begin_in(registry, change))
    },
    begun: &[
        ("sase_bead_operations_total{operation=close}", 0.0),
        ("sase_bead_status_transitions_total{from_status=open,to_status=closed}", 0.0),
    ],
    ends: &[
        ("done", BeadTransition::done, &[
            ("sase_bead_operations_total{operation=close}", 1.0),
            ("sase_bead_status_transitions_total{from_status=open,to_status=closed}", 1.0),
        ]),
        ("done, with how many there are now", |transition| transition.done_leaving(3, 8), &[
            ("sase_bead_operations_total{operation=close}", 1.0),
            ("sase_bead_status_transitions_total{from_status=open,to_status=closed}", 1.0),
            ("sase_bead_active{project=site,status=open}", 3.0),
            ("sase_bead_active{project=site,status=closed}", 8.0),
        ]),
        ("dropped", drop, &[]),
    ],
};

pub(crate) const VCS: Case<VcsAction> = Case {
    begin: |registry| {
        let operation = VcsOperation::Commit;
        registry.map_or_else(|| VcsAction::begin("git", operation), |to| VcsAction::begin_in(to, "git", operation))
    },
    begun: &[
        ("sase_vcs_operations_total{provider=git,operation=commit,status=ok}", 0.0),
        ("sase_vcs_operations_total{provider=git,operation=commit,status=error}", 0.0),
        ("sase_vcs_operations_total{provider=git,operation=commit,status=conflict}", 0.0),
        ("sase_vcs_operations_total{provider=git,operation=commit,status=other}", 0.0),
    ],
    ends: &[
        ("ok", VcsAction::ok, &[("sase_vcs_operations_total{provider=git,operation=commit,status=ok}", 1.0)]),
        ("committed", |action| action.committed("fix"), &[
            ("sase_vcs_operations_total{provider=git,operation=commit,status=ok}", 1.0),
            ("sase_vcs_commits_total{provider=git,type=fix}", 1.0),
        ]),
        ("error", VcsAction::error, &[("sase_vcs_operations_total{provider=git,operation=commit,status=error}", 1.0)]),
        ("conflict", VcsAction::conflict, &[
            ("sase_vcs_operations_total{provider=git,operation=commit,status=conflict}", 1.0),
        ]),
        ("other", |action| action.end(VcsStatus::Other), &[
            ("sase_vcs_operations_total{provider=git,operation=commit,status=other}", 1.0),
        ]),
        ("dropped", drop, &[("sase_vcs_operations_total{provider=git,operation=commit,status=error}", 1.0)]),
    ],
};

pub(crate) const WORKSPACE: Case<WorkspaceLease> = Case {
    begin: |registry| {
        registry.map_or_else(|| WorkspaceLease::acquire("site"), |registry| WorkspaceLease::acquire_in(registry, "site"))
    },
    begun: &[
        ("sase_workspace_acquisitions_total{project=site}", 1.0),
        ("sase_workspace_releases_total{project=site}", 0.0),
        ("sase_workspace_active{project=site}", 1.0),
    ],
    ends: &[
        ("released", WorkspaceLease::release, &[
            ("sase_workspace_releases_total{project=site}", 1.0),
            ("sase_workspace_active{project=site}", 0.0),
        ]),
        ("could not be released", WorkspaceLease::release_failed, &[("sase_workspace_active{project=site}", 0.0)]),
        ("dropped", drop, &[
            ("sase_workspace_releases_total{project=site}", 1.0),
            ("sase_workspace_active{project=site}", 0.0),
        ]),
    ],
};

pub(crate) const NOTIFICATION: Case<NotificationSending> = Case {
    begin: |registry| {
        let email = "email";
        registry.map_or_else(|| NotificationSending::begin(email), |to| NotificationSending::begin_in(to, email))
    },
    begun: &[
        ("sase_notifications_sent_total{type=email,status=ok}", 0.0),
        ("sase_notifications_sent_total{type=email,status=error}", 0.0),
        ("sase_notifications_sent_total{type=email,status=killed}", 0.0),
        ("sase_notifications_sent_total{type=email,status=other}", 0.0),
    ],
    ends: &[
        ("ok", NotificationSending::ok, &[("sase_notifications_sent_total{type=email,status=ok}", 1.0)]),
        ("error", NotificationSending::error, &[("sase_notifications_sent_total{type=email,status=error}", 1.0)]),
        ("killed", |sending| sending.end(RunStatus::Killed), &[
            ("sase_notifications_sent_total{type=email,status=killed}", 1.0),
        ]),
        ("other", |sending| sending.end(RunStatus::Other), &[
            ("sase_notifications_sent_total{type=email,status=other}", 1.0),
        ]),
        ("dropped", drop, &[("sase_notifications_sent_total{type=email,status=error}", 1.0)]),
    ],
};
