package django

import "strings"

// modelFields are Django's fields with one column of their name. From
// django/db/models/fields, contrib/postgres and contrib/gis, of 1.11 to 5.2.
var modelFields = setOf(`AutoField BigAutoField SmallAutoField BigIntegerField BinaryField BooleanField CharField CommaSeparatedIntegerField
	DateField DateTimeField DecimalField DurationField EmailField FileField FilePathField FloatField GeneratedField GenericIPAddressField
	ImageField IntegerField IPAddressField JSONField NullBooleanField PositiveBigIntegerField PositiveIntegerField PositiveSmallIntegerField
	SlugField SmallIntegerField TextField TimeField URLField UUIDField
	ArrayField HStoreField BigIntegerRangeField DateRangeField DateTimeRangeField DecimalRangeField IntegerRangeField CICharField CIEmailField
	CITextField SearchVectorField
	GeometryField PointField LineStringField PolygonField MultiPointField MultiLineStringField MultiPolygonField GeometryCollectionField RasterField`)

// toOne are relations, whose column has _id behind the name.
var toOne = setOf("ForeignKey OneToOneField")

// noColumn have no column in the model's table.
var noColumn = setOf("GenericForeignKey GenericRelation CompositePrimaryKey property cached_property Choices")

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// isManager tells what is no field by the names people give such classes.
func isManager(kind string) bool {
	return strings.HasSuffix(kind, "Manager") || kind == "as_manager" || strings.HasSuffix(kind, "QuerySet") || strings.HasSuffix(kind, "Tracker") ||
		kind == "_" || kind == "gettext_lazy" || kind == "frozenset" || kind == "set" || kind == "dict" || kind == "tuple" || kind == "namedtuple" || kind == "getLogger"
}
