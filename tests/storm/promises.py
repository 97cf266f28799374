"""What holds of a base in which the engine has worked, however it was disturbed.

Each promise is an SQL query for what breaks it, about the scene of ``scene.py``.
"""

PROMISES = {
    "each entity has one opportunity in each campaign": """
        SELECT partner.id, campaign.id, count(lead.id)
          FROM res_partner partner
          JOIN crm_campaign campaign ON NOT campaign.is_template
     LEFT JOIN crm_lead lead ON lead.partner_id = partner.id
                            AND lead.crm_campaign_id = campaign.id
         WHERE partner.ref = 'entity'
         GROUP BY partner.id, campaign.id HAVING count(lead.id) <> 1""",
    "each stay in a stage has its one task": """
        SELECT line.id, count(task.id)
          FROM crm_transition line
     LEFT JOIN crm_action task ON task.transition_id = line.id
                              AND task.planned_by = 'stage'
         WHERE line.to_stage_id IS NOT NULL
         GROUP BY line.id HAVING count(task.id) <> 1""",
    "each stay was entered once": """
        SELECT lead.id, lead.stage_visit, count(line.id)
          FROM crm_lead lead
          JOIN crm_transition line ON line.lead_id = lead.id
         WHERE line.to_stage_id IS NOT NULL
         GROUP BY lead.id HAVING count(line.id) <> lead.stage_visit""",
    "no automatic task is left": """
        SELECT id, state, failure_reason FROM crm_action
         WHERE mode = 'automatic' AND state <> 'done'""",
    "nothing else is done": """
        SELECT id, state FROM crm_action
         WHERE mode <> 'automatic' AND state NOT IN ('planned', 'cancelled')""",
    "each opportunity has come to the last stage": """
        SELECT lead.id, stage.name ->> 'en_US'
          FROM crm_lead lead
          JOIN crm_playbook_stage stage ON stage.id = lead.playbook_stage_id
         WHERE stage.name ->> 'en_US' NOT IN ('Call', 'Call again')""",
    "each automatic task has one message": """
        SELECT task.id, count(trace.id)
          FROM crm_action task
     LEFT JOIN mailing_trace trace ON trace.crm_action_id = task.id
         WHERE task.mode = 'automatic'
         GROUP BY task.id HAVING count(trace.id) <> 1""",
    "each e-mail has one row in the outbox": """
        SELECT trace.id, count(mail.id)
          FROM mailing_trace trace
     LEFT JOIN mail_mail mail ON mail.id = trace.mail_mail_id
         WHERE trace.trace_type = 'mail'
         GROUP BY trace.id HAVING count(mail.id) <> 1""",
    "each row of e-mail belongs to one task": """
        SELECT mail.id, count(trace.crm_action_id)
          FROM mail_mail mail
     LEFT JOIN mailing_trace trace ON trace.mail_mail_id = mail.id
         WHERE mail.mailing_id IS NOT NULL
         GROUP BY mail.id HAVING count(trace.crm_action_id) <> 1""",
    "each SMS has one row in the outbox": """
        SELECT trace.id, count(sms.id)
          FROM mailing_trace trace
     LEFT JOIN sms_tracker tracker ON tracker.mailing_trace_id = trace.id
     LEFT JOIN sms_sms sms ON sms.uuid = tracker.sms_uuid
         WHERE trace.trace_type = 'sms'
         GROUP BY trace.id HAVING count(sms.id) <> 1""",
    "each row of SMS belongs to one task": """
        SELECT sms.id, count(trace.crm_action_id)
          FROM sms_sms sms
     LEFT JOIN sms_tracker tracker ON tracker.sms_uuid = sms.uuid
     LEFT JOIN mailing_trace trace ON trace.id = tracker.mailing_trace_id
         GROUP BY sms.id HAVING count(trace.crm_action_id) <> 1""",
    "each task that somebody has still to do is one activity": """
        SELECT task.id, task.state, count(activity.id)
          FROM crm_action task
     LEFT JOIN mail_activity activity ON activity.crm_action_id = task.id
                                     AND activity.active
         WHERE task.mode <> 'automatic'
         GROUP BY task.id
        HAVING count(activity.id)
               <> (task.state = 'planned' AND task.user_id IS NOT NULL)::int""",
    "each task done is told of once": """
        SELECT task.id, count(line.id)
          FROM crm_action task
     LEFT JOIN crm_transition line ON line.action_id = task.id
                                  AND line.trigger = 'outcome'
         WHERE task.state = 'done'
         GROUP BY task.id HAVING count(line.id) <> 1""",
    "each opportunity is told of once as started, and once as idle if it waits": """
        SELECT lead.id
          FROM crm_lead lead
          JOIN crm_playbook playbook ON playbook.id = lead.playbook_id
          JOIN crm_transition line ON line.lead_id = lead.id
         GROUP BY lead.id, playbook.name
        HAVING count(*) FILTER (WHERE line.trigger = 'started') <> 1
            OR count(*) FILTER (WHERE line.trigger = 'idle')
               <> (playbook.name ->> 'en_US' = 'Test waiting')::int""",
    "the ledger, folded, gives how each opportunity stands": """
        SELECT lead.id
          FROM crm_lead lead
          JOIN (SELECT lead_id,
                       array_remove(array_agg(to_stage_id ORDER BY id DESC), NULL)
                           AS stages,
                       array_remove(array_agg(status_after_id ORDER BY id DESC), NULL)
                           AS statuses,
                       array_remove(array_agg(result ORDER BY id DESC), NULL)
                           AS results
                  FROM crm_transition
                 GROUP BY lead_id) ledger ON ledger.lead_id = lead.id
         WHERE ledger.stages[1] IS DISTINCT FROM lead.playbook_stage_id
            OR ledger.statuses[1] IS DISTINCT FROM lead.commercial_status_id
            OR coalesce(ledger.results[1], 'open')
               <> replace(lead.won_status, 'pending', 'open')""",
    "each opportunity is followed by its salesperson, once": """
        SELECT lead.id, count(follower.id)
          FROM crm_lead lead
          JOIN res_users salesperson ON salesperson.id = lead.user_id
     LEFT JOIN mail_followers follower ON follower.res_model = 'crm.lead'
                                      AND follower.res_id = lead.id
                                      AND follower.partner_id = salesperson.partner_id
         GROUP BY lead.id HAVING count(follower.id) <> 1""",
    "each campaign knows that it is generated": """
        SELECT id, generation_done, generation_total FROM crm_campaign
         WHERE state = 'running' AND NOT is_generated""",
}


def broken(database, *names):
    """What breaks the promises, all of them or those named.

    :return: {promise: rows}, empty where all are kept
    """
    asked = {name: PROMISES[name] for name in names or PROMISES}
    found = {name: database.rows(query) for name, query in asked.items()}
    return {name: rows for name, rows in found.items() if rows}
