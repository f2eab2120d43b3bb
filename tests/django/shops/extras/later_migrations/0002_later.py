"""What a shop may do to its table while servers run: a wider column, another column, an index and its new name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    operations = [
        migrations.AlterField("customer", "avatar", models.URLField(max_length=500, null=True, blank=True)),
        migrations.AddField("customer", "city", models.CharField(max_length=50, default="")),
        migrations.AddIndex("customer", models.Index(fields=["last_name"], name="by_last_name")),
        migrations.RenameIndex("customer", new_name="customer_last_name", old_name="by_last_name"),
    ]
