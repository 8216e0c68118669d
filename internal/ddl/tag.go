package ddl

import (
	"reflect"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// known is the class and command tag of a statement type.
type known struct {
	class Class
	tag   string
}

// fixed holds the statements whose node type alone gives class and tag. The
// tags are those of PostgreSQL's CreateCommandTag.
var fixed = map[reflect.Type]known{
	reflect.TypeFor[*pg.Node_InsertStmt]():         {Query, "INSERT"},
	reflect.TypeFor[*pg.Node_UpdateStmt]():         {Query, "UPDATE"},
	reflect.TypeFor[*pg.Node_DeleteStmt]():         {Query, "DELETE"},
	reflect.TypeFor[*pg.Node_MergeStmt]():          {Query, "MERGE"},
	reflect.TypeFor[*pg.Node_DeclareCursorStmt]():  {Query, "DECLARE CURSOR"},
	reflect.TypeFor[*pg.Node_LockStmt]():           {Query, "LOCK TABLE"},
	reflect.TypeFor[*pg.Node_CopyStmt]():           {Copy, "COPY"},
	reflect.TypeFor[*pg.Node_DoStmt]():             {Opaque, "DO"},
	reflect.TypeFor[*pg.Node_CallStmt]():           {Opaque, "CALL"},
	reflect.TypeFor[*pg.Node_ExecuteStmt]():        {Opaque, "EXECUTE"},
	reflect.TypeFor[*pg.Node_PrepareStmt]():        {Session, "PREPARE"},
	reflect.TypeFor[*pg.Node_VariableShowStmt]():   {Session, "SHOW"},
	reflect.TypeFor[*pg.Node_ListenStmt]():         {Session, "LISTEN"},
	reflect.TypeFor[*pg.Node_UnlistenStmt]():       {Session, "UNLISTEN"},
	reflect.TypeFor[*pg.Node_NotifyStmt]():         {Session, "NOTIFY"},
	reflect.TypeFor[*pg.Node_LoadStmt]():           {Session, "LOAD"},
	reflect.TypeFor[*pg.Node_CheckPointStmt]():     {Session, "CHECKPOINT"},
	reflect.TypeFor[*pg.Node_ConstraintsSetStmt](): {Session, "SET CONSTRAINTS"},

	reflect.TypeFor[*pg.Node_CreateStmt]():             {Schema, "CREATE TABLE"},
	reflect.TypeFor[*pg.Node_CreateForeignTableStmt](): {Schema, "CREATE FOREIGN TABLE"},
	reflect.TypeFor[*pg.Node_ViewStmt]():               {Schema, "CREATE VIEW"},
	reflect.TypeFor[*pg.Node_IndexStmt]():              {Schema, "CREATE INDEX"},
	reflect.TypeFor[*pg.Node_CreateSeqStmt]():          {Schema, "CREATE SEQUENCE"},
	reflect.TypeFor[*pg.Node_AlterSeqStmt]():           {Schema, "ALTER SEQUENCE"},
	reflect.TypeFor[*pg.Node_CreateTrigStmt]():         {Schema, "CREATE TRIGGER"},
	reflect.TypeFor[*pg.Node_RuleStmt]():               {Schema, "CREATE RULE"},
	reflect.TypeFor[*pg.Node_CreatePolicyStmt]():       {Schema, "CREATE POLICY"},
	reflect.TypeFor[*pg.Node_AlterPolicyStmt]():        {Schema, "ALTER POLICY"},
	reflect.TypeFor[*pg.Node_CreateStatsStmt]():        {Schema, "CREATE STATISTICS"},
	reflect.TypeFor[*pg.Node_AlterStatsStmt]():         {Schema, "ALTER STATISTICS"},
	reflect.TypeFor[*pg.Node_TruncateStmt]():           {Schema, "TRUNCATE TABLE"},
	reflect.TypeFor[*pg.Node_ClusterStmt]():            {Schema, "CLUSTER"},
	reflect.TypeFor[*pg.Node_ReindexStmt]():            {Schema, "REINDEX"},
	reflect.TypeFor[*pg.Node_RefreshMatViewStmt]():     {Schema, "REFRESH MATERIALIZED VIEW"},
	reflect.TypeFor[*pg.Node_CommentStmt]():            {Schema, "COMMENT"},
	reflect.TypeFor[*pg.Node_SecLabelStmt]():           {Schema, "SECURITY LABEL"},

	reflect.TypeFor[*pg.Node_CreateSchemaStmt]():           {Schema, "CREATE SCHEMA"},
	reflect.TypeFor[*pg.Node_CreateEnumStmt]():             {Schema, "CREATE TYPE"},
	reflect.TypeFor[*pg.Node_CompositeTypeStmt]():          {Schema, "CREATE TYPE"},
	reflect.TypeFor[*pg.Node_CreateRangeStmt]():            {Schema, "CREATE TYPE"},
	reflect.TypeFor[*pg.Node_AlterEnumStmt]():              {Schema, "ALTER TYPE"},
	reflect.TypeFor[*pg.Node_AlterTypeStmt]():              {Schema, "ALTER TYPE"},
	reflect.TypeFor[*pg.Node_CreateDomainStmt]():           {Schema, "CREATE DOMAIN"},
	reflect.TypeFor[*pg.Node_AlterDomainStmt]():            {Schema, "ALTER DOMAIN"},
	reflect.TypeFor[*pg.Node_AlterCollationStmt]():         {Schema, "ALTER COLLATION"},
	reflect.TypeFor[*pg.Node_CreateConversionStmt]():       {Schema, "CREATE CONVERSION"},
	reflect.TypeFor[*pg.Node_CreateCastStmt]():             {Schema, "CREATE CAST"},
	reflect.TypeFor[*pg.Node_CreateOpClassStmt]():          {Schema, "CREATE OPERATOR CLASS"},
	reflect.TypeFor[*pg.Node_CreateOpFamilyStmt]():         {Schema, "CREATE OPERATOR FAMILY"},
	reflect.TypeFor[*pg.Node_AlterOpFamilyStmt]():          {Schema, "ALTER OPERATOR FAMILY"},
	reflect.TypeFor[*pg.Node_AlterOperatorStmt]():          {Schema, "ALTER OPERATOR"},
	reflect.TypeFor[*pg.Node_CreateTransformStmt]():        {Schema, "CREATE TRANSFORM"},
	reflect.TypeFor[*pg.Node_CreatePlangStmt]():            {Schema, "CREATE LANGUAGE"},
	reflect.TypeFor[*pg.Node_CreateAmStmt]():               {Schema, "CREATE ACCESS METHOD"},
	reflect.TypeFor[*pg.Node_AlterTsdictionaryStmt]():      {Schema, "ALTER TEXT SEARCH DICTIONARY"},
	reflect.TypeFor[*pg.Node_AlterTsconfigurationStmt]():   {Schema, "ALTER TEXT SEARCH CONFIGURATION"},
	reflect.TypeFor[*pg.Node_CreateExtensionStmt]():        {Schema, "CREATE EXTENSION"},
	reflect.TypeFor[*pg.Node_AlterExtensionStmt]():         {Schema, "ALTER EXTENSION"},
	reflect.TypeFor[*pg.Node_AlterExtensionContentsStmt](): {Schema, "ALTER EXTENSION"},

	reflect.TypeFor[*pg.Node_CreateEventTrigStmt]():     {Schema, "CREATE EVENT TRIGGER"},
	reflect.TypeFor[*pg.Node_AlterEventTrigStmt]():      {Schema, "ALTER EVENT TRIGGER"},
	reflect.TypeFor[*pg.Node_CreatePublicationStmt]():   {Schema, "CREATE PUBLICATION"},
	reflect.TypeFor[*pg.Node_AlterPublicationStmt]():    {Schema, "ALTER PUBLICATION"},
	reflect.TypeFor[*pg.Node_CreateSubscriptionStmt]():  {Schema, "CREATE SUBSCRIPTION"},
	reflect.TypeFor[*pg.Node_AlterSubscriptionStmt]():   {Schema, "ALTER SUBSCRIPTION"},
	reflect.TypeFor[*pg.Node_DropSubscriptionStmt]():    {Schema, "DROP SUBSCRIPTION"},
	reflect.TypeFor[*pg.Node_CreateFdwStmt]():           {Schema, "CREATE FOREIGN DATA WRAPPER"},
	reflect.TypeFor[*pg.Node_AlterFdwStmt]():            {Schema, "ALTER FOREIGN DATA WRAPPER"},
	reflect.TypeFor[*pg.Node_CreateForeignServerStmt](): {Schema, "CREATE SERVER"},
	reflect.TypeFor[*pg.Node_AlterForeignServerStmt]():  {Schema, "ALTER SERVER"},
	reflect.TypeFor[*pg.Node_CreateUserMappingStmt]():   {Schema, "CREATE USER MAPPING"},
	reflect.TypeFor[*pg.Node_AlterUserMappingStmt]():    {Schema, "ALTER USER MAPPING"},
	reflect.TypeFor[*pg.Node_DropUserMappingStmt]():     {Schema, "DROP USER MAPPING"},
	reflect.TypeFor[*pg.Node_ImportForeignSchemaStmt](): {Schema, "IMPORT FOREIGN SCHEMA"},

	reflect.TypeFor[*pg.Node_AlterDefaultPrivilegesStmt]():   {Schema, "ALTER DEFAULT PRIVILEGES"},
	reflect.TypeFor[*pg.Node_CreateRoleStmt]():               {Schema, "CREATE ROLE"},
	reflect.TypeFor[*pg.Node_AlterRoleStmt]():                {Schema, "ALTER ROLE"},
	reflect.TypeFor[*pg.Node_AlterRoleSetStmt]():             {Schema, "ALTER ROLE"},
	reflect.TypeFor[*pg.Node_DropRoleStmt]():                 {Schema, "DROP ROLE"},
	reflect.TypeFor[*pg.Node_DropOwnedStmt]():                {Schema, "DROP OWNED"},
	reflect.TypeFor[*pg.Node_ReassignOwnedStmt]():            {Schema, "REASSIGN OWNED"},
	reflect.TypeFor[*pg.Node_CreatedbStmt]():                 {Schema, "CREATE DATABASE"},
	reflect.TypeFor[*pg.Node_AlterDatabaseStmt]():            {Schema, "ALTER DATABASE"},
	reflect.TypeFor[*pg.Node_AlterDatabaseSetStmt]():         {Schema, "ALTER DATABASE"},
	reflect.TypeFor[*pg.Node_AlterDatabaseRefreshCollStmt](): {Schema, "ALTER DATABASE"},
	reflect.TypeFor[*pg.Node_DropdbStmt]():                   {Schema, "DROP DATABASE"},
	reflect.TypeFor[*pg.Node_CreateTableSpaceStmt]():         {Schema, "CREATE TABLESPACE"},
	reflect.TypeFor[*pg.Node_AlterTableSpaceOptionsStmt]():   {Schema, "ALTER TABLESPACE"},
	reflect.TypeFor[*pg.Node_DropTableSpaceStmt]():           {Schema, "DROP TABLESPACE"},
	reflect.TypeFor[*pg.Node_AlterSystemStmt]():              {Schema, "ALTER SYSTEM"},
}
