-- Why: tasks also delete, move, redrive and make ready the messages that a filter chooses.
-- Locks: the table for a moment. An instance of the version before cannot go on with a task, and its calls of move
-- tasks fail until it is upgraded; an upgraded one takes its tasks over.
alter table move_task rename to message_task;
alter table message_task rename column moved to done;
alter table message_task rename column to_move to total;
-- see TaskPlan.TaskAction; 0: move all ready messages
alter table message_task add column action smallint default 0 not null;
-- see TaskPlan.MessageState; 0: ready
alter table message_task add column state smallint default 0 not null;
-- null: all messages; else the filter as JSON
alter table message_task add column filter text;
-- null: redriven messages are not watched
alter table message_task add column max_dead_share double precision;
-- messages that the filter was applied to
alter table message_task add column looked bigint default 0 not null;
-- where the task goes on after a crash; null: at the beginning
alter table message_task add column resume_after varchar(300);
create index message_task_started_at on message_task (started_at);
